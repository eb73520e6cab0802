import { list } from './table-rules.ts';
import type { Json } from './store.ts';

const BOOKKEEPING = ['id', 'fullyQualifiedName', 'version'];

/**
 * The version after an update: unchanged, a minor one, or a major one when something is removed.
 */
export function nextVersion(stored: Json, updated: Json): number {
  const version = Number(stored['version']);
  if (content(stored) === content(updated)) return version;
  return rounded(version + (removesSomething(stored, updated) ? 1 : 0.1));
}

export function rounded(version: number): number {
  return Math.round(version * 10) / 10;
}

/** Columns of a table that an update removes. A column of another type is another column. */
export function removedColumns(stored: Json, updated: Json): string[] {
  const kept = new Map(list(updated['columns']).map(({ name, dataType }) => [name, dataType]));
  return list(stored['columns'])
    .filter(({ name, dataType }) => kept.get(name) !== dataType)
    .map(({ name }) => String(name));
}

function removesSomething(stored: Json, updated: Json): boolean {
  const keys = new Set(list(updated['tableConstraints']).map((key) => JSON.stringify(key)));
  return (
    removedColumns(stored, updated).length > 0 ||
    list(stored['tableConstraints']).some((key) => !keys.has(JSON.stringify(key)))
  );
}

function content(entity: Json): string {
  const entries = Object.entries(entity).filter(
    ([name, value]) => !BOOKKEEPING.includes(name) && value !== undefined,
  );
  return JSON.stringify(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * The details of an edge without mappings from and to columns that are gone. The edge stays, as
 * nothing but a deletion removes it.
 */
export function withoutColumns(edge: Json, gone: ReadonlySet<string>): Json {
  const details = edge['lineageDetails'] as Json | undefined;
  if (details?.['columnsLineage'] === undefined) return edge;
  const columnsLineage = list(details['columnsLineage'])
    .filter(({ toColumn }) => !gone.has(String(toColumn)))
    .map((mapping) => ({
      ...mapping,
      fromColumns: (mapping['fromColumns'] as readonly string[]).filter((name) => !gone.has(name)),
    }))
    .filter(({ fromColumns }) => fromColumns.length > 0);
  return { ...edge, lineageDetails: { ...details, columnsLineage } };
}
