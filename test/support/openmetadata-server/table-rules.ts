import { Problem } from './problem.ts';
import type { Json } from './store.ts';

/**
 * Rejects tables as a server of 1.12.6 does, with its own messages and in its order, observed on a
 * real server: checks of columns and constraints precede those that need the database.
 */
export function checkTable(
  request: Json,
  columnsOf: (table: string) => ReadonlySet<string> | undefined,
): void {
  const columns = list(request['columns']);
  const constraints = list(request['tableConstraints']);
  for (const column of columns) checkColumn(column);
  rejectDuplicates(columns);
  checkKeys(columns, constraints);
  rejectDuplicateConstraints(constraints);
  for (const constraint of constraints) checkReferred(constraint, columnsOf);
}

/** Only top-level columns require a length, and a struct may have no children. */
function checkColumn({
  name,
  dataType,
  dataLength,
  arrayDataType,
  precision,
  scale,
  children,
}: Json): void {
  if (
    ['CHAR', 'VARCHAR', 'BINARY', 'VARBINARY'].includes(String(dataType)) &&
    dataLength === undefined
  )
    throw new Problem(
      400,
      'For column data types char, varchar, binary, varbinary dataLength must not be null',
    );
  if (dataType === 'ARRAY' && arrayDataType === undefined)
    throw new Problem(400, 'For column data type array, arrayDataType must not be null');
  if (scale !== undefined && precision === undefined)
    throw new Problem(400, `Scale is set but precision is not set for the column ${String(name)}`);
  if (Number(scale ?? 0) > Number(precision ?? 0))
    throw new Problem(
      400,
      `Scale can't be greater than the precision for the column ${String(name)}`,
    );
  rejectDuplicates(list(children));
}

function rejectDuplicates(columns: readonly Json[]): void {
  const seen = new Set<unknown>();
  for (const { name } of columns) {
    if (seen.has(name)) throw new Problem(400, `Column name ${String(name)} is repeated`);
    seen.add(name);
  }
}

function checkKeys(columns: readonly Json[], constraints: readonly Json[]): void {
  const primary = columns.filter(({ constraint }) => constraint === 'PRIMARY_KEY');
  const names = new Set(columns.map(({ name }) => name));
  if (primary.length > 1)
    throw new Problem(400, 'Multiple columns tagged with primary key constraints');
  for (const { constraintType, columns: named } of constraints) {
    if (constraintType === 'PRIMARY_KEY' && primary.length === 1)
      throw new Problem(
        400,
        'A column already tagged as a primary key and table constraint also includes primary key',
      );
    if ((named as string[]).some((name) => !names.has(name)))
      throw new Problem(400, 'Invalid column name found in table constraint');
  }
}

function rejectDuplicateConstraints(constraints: readonly Json[]): void {
  const seen = new Set(constraints.map((constraint) => JSON.stringify(constraint)));
  if (seen.size !== constraints.length)
    throw new Problem(400, 'Duplicate constraint found in request');
}

/**
 * A table being created does not exist yet: neither for itself nor for others in the same bulk
 * request.
 */
function checkReferred(
  { referredColumns = [] }: Json,
  columnsOf: (table: string) => ReadonlySet<string> | undefined,
): void {
  for (const column of referredColumns as string[]) {
    const [table, name] = [
      column.slice(0, column.lastIndexOf('.')),
      column.slice(column.lastIndexOf('.') + 1),
    ];
    const columns = columnsOf(table);
    if (columns === undefined) throw new Problem(400, `Table not found: ${table}`);
    if (!columns.has(name)) throw new Problem(400, `Invalid column name ${name}`);
  }
}

export function list(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : [];
}
