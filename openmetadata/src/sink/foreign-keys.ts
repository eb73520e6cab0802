import { isJson, type Json } from '../../../foundation/src/domain/json.ts';
import { isForeignKey } from './fingerprint.ts';
import { tableOf, type TableIndex } from './table-index.ts';

/** A table's constraints, split by whether they refer to another table. */
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
 * The keys whose targets exist on the server. The server rejects a table with any other key, and a
 * source lists its tables in any order, with cycles, and refers to tables that a filter excludes.
 */
export async function resolvableKeys(
  foreignKeys: readonly unknown[],
  index: TableIndex,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const resolvable: unknown[] = [];
  for (const key of foreignKeys) {
    const tables = new Set(referredColumns(key).map(tableOf));
    const exist = await Promise.all([...tables].map((table) => index.exists(table, signal)));
    if (exist.every(Boolean)) resolvable.push(key);
  }
  return resolvable;
}

/** The tables that the keys refer to and the server does not have. */
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
