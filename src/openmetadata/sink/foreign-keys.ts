import { isJson } from './entity.ts';
import { isForeignKey } from './fingerprint.ts';
import { tableOf, type TableIndex } from './table-index.ts';

type Json = Readonly<Record<string, unknown>>;

/** A table's constraints, parted by whether they need another table. */
export interface Constraints {
  readonly own: readonly unknown[];
  readonly foreignKeys: readonly unknown[];
}

export function constraintsOf(request: Json): Constraints {
  const all: readonly unknown[] = Array.isArray(request['tableConstraints'])
    ? request['tableConstraints']
    : [];
  return {
    own: all.filter((constraint) => !isForeignKey(constraint)),
    foreignKeys: all.filter(isForeignKey),
  };
}

/**
 * The keys whose tables the server has. It refuses a table with any other, and sources name tables in any order,
 * in circles, and some that a filter left out.
 */
export async function known(
  foreignKeys: readonly unknown[],
  index: TableIndex,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const kept: unknown[] = [];
  for (const key of foreignKeys) {
    const tables = new Set(referredColumns(key).map(tableOf));
    const there = await Promise.all([...tables].map((table) => index.exists(table, signal)));
    if (there.every(Boolean)) kept.push(key);
  }
  return kept;
}

/** The tables that keys lead to and that the server does not have. */
export async function missingTables(
  foreignKeys: readonly unknown[],
  index: TableIndex,
  signal: AbortSignal,
): Promise<Set<string>> {
  const missing = new Set<string>();
  for (const table of new Set(foreignKeys.flatMap(referredColumns).map(tableOf)))
    if (!(await index.exists(table, signal))) missing.add(table);
  return missing;
}

function referredColumns(key: unknown): readonly string[] {
  const columns = isJson(key) ? key['referredColumns'] : undefined;
  return Array.isArray(columns) ? columns.filter((column) => typeof column === 'string') : [];
}
