import { createHash } from 'node:crypto';
import { type Json, isJson } from '../../../foundation/src/domain/json.ts';

/**
 * What of a table only the source decides: names, types and constraints of its columns, and its
 * keys. Equal for a request and what the server makes of it; undefined without columns. A table
 * whose structure others have changed still has the `sourceHash` of the run that wrote it.
 */
export function structureOf({ columns, tableConstraints }: Json): string | undefined {
  if (!Array.isArray(columns)) return undefined;
  const keys = list(tableConstraints).map(keyOf).sort();
  const text = JSON.stringify([namesOf(columns), keys]);
  return createHash('md5').update(text).digest('base64url');
}

function namesOf(columns: readonly unknown[]): readonly string[] {
  return columns
    .filter(isJson)
    .map(({ name, dataType, constraint, children }) =>
      JSON.stringify([name, dataType, constraint ?? null, namesOf(list(children))]),
    )
    .sort();
}

function keyOf(key: unknown): string {
  const { constraintType, columns, referredColumns } = isJson(key) ? key : {};
  return JSON.stringify([constraintType, columns ?? [], referredColumns ?? []]);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
