import { kindOf } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { tableTypeOf } from '../mapping/table.ts';
import type { SourceOptions } from './source-options.ts';

/** The objects that a job selects. */
export interface Selection {
  readonly objects: readonly ListedObject[];
  /** How many objects a filter or an option excluded. */
  readonly filtered: number;
  /** Requested names that the org does not list. */
  readonly missing: readonly string[];
}

/**
 * Applies `sobjectNames` (not case-sensitive) and the filters to the objects that the org lists.
 */
export function selectObjects(
  listed: readonly ListedObject[],
  names: readonly string[] | undefined,
  options: SourceOptions,
): Selection {
  const byName = new Map(listed.map((object) => [object.name.toLowerCase(), object]));
  const requested =
    names === undefined ? listed : names.flatMap((name) => byName.get(name.toLowerCase()) ?? []);
  const missing = (names ?? []).filter((name) => !byName.has(name.toLowerCase()));
  const passes = (object: ListedObject): boolean =>
    (tableTypeOf(kindOf(object)) === 'View' ? options.includeViews : options.includeTables) &&
    options.tablePasses(object.name);
  const objects = options.databasePasses && options.schemaPasses ? requested.filter(passes) : [];
  return { objects, filtered: requested.length - objects.length, missing };
}
