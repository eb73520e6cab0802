import { kindOf } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import type { SourceOptions } from './source-options.ts';
import { tableTypeOf } from '../mapping/table.ts';

/** The objects of one run. */
export interface Selection {
  readonly objects: readonly ListedObject[];
  /** Objects that a filter or an option left out. */
  readonly filtered: number;
  /** Names that were asked for and that the org does not list. */
  readonly missing: readonly string[];
}

/** Applies `sobjectNames` (names are the same in any case) and the filters to what the org lists. */
export function selectObjects(
  listed: readonly ListedObject[],
  names: readonly string[] | undefined,
  options: SourceOptions,
): Selection {
  const byName = new Map(listed.map((object) => [object.name.toLowerCase(), object]));
  const asked =
    names === undefined ? listed : names.flatMap((name) => byName.get(name.toLowerCase()) ?? []);
  const missing = (names ?? []).filter((name) => !byName.has(name.toLowerCase()));
  const passes = (object: ListedObject): boolean =>
    (tableTypeOf(kindOf(object)) === 'View' ? options.includeViews : options.includeTables) &&
    options.tablePasses(object.name);
  const objects = options.databasePasses && options.schemaPasses ? asked.filter(passes) : [];
  return { objects, filtered: asked.length - objects.length, missing };
}
