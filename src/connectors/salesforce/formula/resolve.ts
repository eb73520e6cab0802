import type { FormulaReference } from './references.ts';
import type { PathStep } from './syntax.ts';

/** What is known of the org's objects. Names are compared without case; answers are spelt as the org spells them. */
export interface FormulaModel {
  /** The field's API name, or undefined when the object is unknown or has no such field. */
  field(object: string, name: string): string | undefined;
  /** The objects that a relationship (`Account`, `Parent__r`, `Owner`) of this object leads to; empty when there is none. */
  relationship(object: string, name: string): readonly string[];
}

/** A field that a formula takes its value from. */
export interface FieldSource {
  readonly object: string;
  readonly field: string;
  /** The reference in the formula that leads there. */
  readonly reference: string;
}

export interface ResolvedReferences {
  readonly sources: readonly FieldSource[];
  /** Globals that are no data: labels, permissions, the session. */
  readonly constants: readonly string[];
  /** References that lead nowhere the model knows: hidden from this user, filtered out, or misspelt. */
  readonly unresolved: readonly string[];
}

/** Follows each reference of a formula on `object` to the fields it ends at; a polymorphic one to every target that has the field. */
export function resolveReferences(
  found: readonly FormulaReference[],
  object: string,
  model: FormulaModel,
): ResolvedReferences {
  const sources = new Map<string, FieldSource>();
  const constants: string[] = [];
  const unresolved: string[] = [];
  for (const reference of found) {
    const start =
      reference.kind === 'field'
        ? { objects: [object], path: reference.path }
        : globalStart(reference.path, object);
    if (start === undefined) {
      constants.push(reference.text);
      continue;
    }
    const ends = follow(start, model).map((end) => ({ ...end, reference: reference.text }));
    if (ends.length === 0) unresolved.push(reference.text);
    for (const end of ends)
      if (!sources.has(`${end.object}.${end.field}`))
        sources.set(`${end.object}.${end.field}`, end);
  }
  return { sources: [...sources.values()], constants, unresolved };
}

interface Start {
  readonly objects: readonly string[];
  readonly path: readonly PathStep[];
}

/** Salesforce lets a path cross ten relationships; the margin costs nothing and the bound keeps the walk short. */
const MAX_STEPS = 16;

function follow(
  { objects, path }: Start,
  model: FormulaModel,
): { object: string; field: string }[] {
  const last = path.at(-1);
  if (last === undefined || path.length > MAX_STEPS) return [];
  let reached: readonly string[] = objects;
  for (const step of path.slice(0, -1)) {
    reached = [
      ...new Set(
        reached.flatMap((object) => narrowed(model.relationship(object, step.name), step.target)),
      ),
    ];
  }
  const ofQueue = path.at(-2)?.target?.toLowerCase() === QUEUE;
  return reached.flatMap((object) => {
    const field = model.field(
      object,
      (ofQueue ? QUEUE_FIELDS[last.name.toLowerCase()] : undefined) ?? last.name,
    );
    return field === undefined ? [] : [{ object, field }];
  });
}

/** Formulas say Queue where the API's object is Group, and name some of its fields differently. */
const QUEUE = 'queue';
const QUEUE_FIELDS: Readonly<Record<string, string>> = { queuename: 'Name', queueemail: 'Email' };

function narrowed(targets: readonly string[], target: string | undefined): readonly string[] {
  if (target === undefined) return targets;
  const wanted = target.toLowerCase() === QUEUE ? 'group' : target.toLowerCase();
  return targets.filter((object) => object.toLowerCase() === wanted);
}

/** Globals that are one record of an object. */
const RECORD_GLOBALS: Readonly<Record<string, string>> = {
  $user: 'User',
  $userrole: 'UserRole',
  $profile: 'Profile',
  $organization: 'Organization',
  $recordtype: 'RecordType',
  $site: 'Site',
  $network: 'Network',
};

/** Where a global's path starts; undefined when it names no data. */
function globalStart(path: readonly PathStep[], own: string): Start | undefined {
  const [scope = '', object = '', third = ''] = path.map((step) => step.name);
  const name = scope.toLowerCase();
  if (name === '$record' || name === '$record__prior')
    return { objects: [own], path: path.slice(1) };
  if (Object.hasOwn(RECORD_GLOBALS, name))
    return { objects: [RECORD_GLOBALS[name]!], path: path.slice(1) };
  if (name === '$setup') return { objects: [object], path: path.slice(2) };
  if (name === '$custommetadata') return { objects: [object], path: path.slice(3) };
  if (name === '$objecttype')
    return third.toLowerCase() === 'fields'
      ? { objects: [object], path: path.slice(3) }
      : undefined;
  return undefined;
}
