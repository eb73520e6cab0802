import { EDIT_KINDS, type Edit, type NewField } from './edit.ts';
import { FIELD_TYPES } from './model.ts';

type Check = (value: unknown) => boolean;
type Checks<T> = Readonly<Record<keyof T, Check>>;
type EditOf<K extends Edit['kind']> = Omit<Extract<Edit, { kind: K }>, 'kind'>;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isAmount: Check = (value) => Number.isInteger(value) && Number(value) >= 0;
const isType: Check = (value) => (FIELD_TYPES as readonly unknown[]).includes(value);
const isScalar: Check = (value) => ['string', 'number', 'boolean'].includes(typeof value);
const areTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isObject: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const orNothing =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const FIELD: Checks<NewField> = {
  name: isText,
  type: isType,
  label: orNothing(isText),
  length: orNothing(isAmount),
  scale: orNothing(isAmount),
  referenceTo: orNothing(areTexts),
  description: orNothing(isScalar),
  governance: orNothing(isObject),
  content: orNothing(isScalar),
  traits: orNothing(isObject),
};

const PROPERTIES: { readonly [K in Edit['kind']]: Checks<EditOf<K>> } = {
  touch: { object: isText },
  touchAll: {},
  addObject: { name: isText, label: orNothing(isText) },
  removeObject: { object: isText },
  renameObject: { object: isText, name: orNothing(isText), label: orNothing(isText) },
  addField: { object: isText, field: isObject },
  removeField: { object: isText, field: isText },
  renameField: { object: isText, field: isText, name: orNothing(isText), label: orNothing(isText) },
  annotateField: {
    object: isText,
    field: isText,
    description: orNothing(isScalar),
    governance: orNothing(isObject),
  },
};

/** The problem of an edit from outside; undefined for a valid one. */
export function problemOfEdit(edit: Edit): string | undefined {
  const { kind, ...rest } = edit;
  if (!EDIT_KINDS.has(kind)) return `unknown kind of edit: ${kind}`;
  const problem = problemOf(kind, rest, PROPERTIES[kind]);
  if (problem !== undefined || edit.kind !== 'addField') return problem;
  return problemOf('field', { ...edit.field }, FIELD);
}

function problemOf(
  what: string,
  values: Readonly<Record<string, unknown>>,
  checks: Readonly<Record<string, Check>>,
): string | undefined {
  const unknown = Object.keys(values).find((name) => !Object.hasOwn(checks, name));
  if (unknown !== undefined)
    return `${what} has no property "${unknown}"; it has ${Object.keys(checks).join(', ') || 'none'}`;
  const wrong = Object.entries(checks).find(([name, check]) => !check(values[name]));
  return wrong === undefined ? undefined : `${what} requires a valid "${wrong[0]}"`;
}
