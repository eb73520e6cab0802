import type { FormulaReference } from './references.ts';
import type { PathStep } from './syntax.ts';

/** The objects of the org. Names are compared without case and returned in the org's spelling. */
export interface FormulaModel {
  /** The API name of the field; undefined if the object is unknown or has no such field. */
  field(object: string, name: string): string | undefined;
  /**
   * The targets of a relationship (`Account`, `Parent__r`, `Owner`) of this object; empty if there
   * is no such relationship.
   */
  relationship(object: string, name: string): readonly string[];
}

/** A field that a formula takes its value from. */
export interface FieldSource {
  readonly object: string;
  readonly field: string;
  /** The reference in the formula. */
  readonly reference: string;
}

export interface ResolvedReferences {
  readonly sources: readonly FieldSource[];
  /** Globals that are not data: labels, permissions, the session. */
  readonly constants: readonly string[];
  /**
   * References that the model cannot resolve: hidden from this user, filtered out, or misspelled.
   */
  readonly unresolved: readonly string[];
}

/**
 * Resolves each reference of a formula on `object` to fields; a polymorphic one to every target
 * that has the field.
 */
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

/**
 * Salesforce accepts ten relationships in a path. The bound has a margin and keeps the walk short.
 */
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

/** Formulas write Queue for the object Group, with other names for some of its fields. */
const QUEUE = 'queue';
const QUEUE_FIELDS: Readonly<Record<string, string>> = { queuename: 'Name', queueemail: 'Email' };

function narrowed(targets: readonly string[], target: string | undefined): readonly string[] {
  if (target === undefined) return targets;
  const wanted = target.toLowerCase() === QUEUE ? 'group' : target.toLowerCase();
  return targets.filter((object) => object.toLowerCase() === wanted);
}

/** Globals that stand for one record of an object. */
const RECORD_GLOBALS: Readonly<Record<string, string>> = {
  $user: 'User',
  $userrole: 'UserRole',
  $profile: 'Profile',
  $organization: 'Organization',
  $recordtype: 'RecordType',
  $site: 'Site',
  $network: 'Network',
};

/** Where the path of a global starts; undefined if it is not data. */
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
