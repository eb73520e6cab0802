import {
  constraintProblems,
  DUPLICATE_COLUMN,
  hasDuplicateNames,
  keyProblem,
  MAX_FQN,
  MAX_NAME,
  NAME_PATTERN,
  NAME_RULE,
  NEEDS_LENGTH,
  type Column,
  type TableConstraint,
} from './columns.ts';
import { invalid, type CreateTable } from './entities.ts';

/**
 * Throws ENTITY_INVALID with the table's name and its first problems, unless the server would
 * accept the request. What the type guarantees is not checked again: a run has tens of thousands of
 * columns, and this takes a twentieth of the time of `createTableSchema`. It gives the same verdict
 * for a value of that type, except for URLs and labels, which do not come from outside.
 */
export function assertTable(
  fqn: string,
  { name, databaseSchema, columns, tableConstraints = [] }: CreateTable,
): void {
  const problems: string[] = [];
  if (!isName(name)) problems.push(`name ${NAME_RULE} or exceed ${MAX_NAME} characters`);
  if (!isFqn(databaseSchema)) problems.push(`databaseSchema ${FQN_RULE}`);
  problems.push(...columnProblems(columns, 'columns'));
  const names = new Set(columns.map((column) => column.name));
  if (names.size !== columns.length) problems.push(`columns ${DUPLICATE_COLUMN}`);
  const keys = keyProblem(columns, tableConstraints);
  if (keys !== undefined) problems.push(keys);
  tableConstraints.forEach((constraint, index) =>
    checkConstraint(constraint, `tableConstraints.${index}`, names, problems),
  );
  if (problems.length > 0) throw invalid('table', fqn, problems);
}

const FQN_RULE = `must not be empty or exceed ${MAX_FQN} characters`;

/** Paths are made for problems only, which are rare, while columns are many. */
function columnProblems(columns: readonly Column[], path: string): readonly string[] {
  const problems: string[] = [];
  for (const [index, column] of columns.entries()) {
    for (const problem of problemsOf(column)) problems.push(`${path}.${index}.${problem}`);
    if (column.children !== undefined)
      problems.push(...columnProblems(column.children, `${path}.${index}.children`));
  }
  return problems;
}

/** The problems of a column without those of its children, each with its path in the column. */
function problemsOf(column: Column): readonly string[] {
  const { name, dataType, arrayDataType, dataLength, precision, scale } = column;
  const { ordinalPosition, children } = column;
  const problems: string[] = [];
  if (!isName(name)) problems.push(`name ${NAME_RULE} or exceed ${MAX_NAME} characters`);
  if (dataLength === undefined ? NEEDS_LENGTH.has(dataType) : !isCount(dataLength))
    problems.push(`dataLength is required for ${dataType} and must not be negative`);
  if (dataType === 'ARRAY' && arrayDataType === undefined)
    problems.push('arrayDataType is required for ARRAY');
  if (precision !== undefined && !isCount(precision))
    problems.push('precision must not be negative');
  if (scale !== undefined && (!isCount(scale) || scale > (precision ?? -1)))
    problems.push('scale must not exceed the precision');
  if (ordinalPosition !== undefined && !isCount(ordinalPosition))
    problems.push('ordinalPosition must not be negative');
  if (children !== undefined && hasDuplicateNames(children))
    problems.push(`children ${DUPLICATE_COLUMN}`);
  return problems;
}

function checkConstraint(
  constraint: TableConstraint,
  path: string,
  names: ReadonlySet<string>,
  problems: string[],
): void {
  if (constraint.columns.length === 0) problems.push(`${path} has no columns`);
  for (const problem of constraintProblems(constraint, names)) problems.push(`${path} ${problem}`);
  if (constraint.referredColumns?.every(isFqn) === false)
    problems.push(`${path} has a referred column whose name ${FQN_RULE}`);
}

function isName(name: string): boolean {
  return name.length <= MAX_NAME && NAME_PATTERN.test(name);
}

function isFqn(name: string): boolean {
  return name !== '' && name.length <= MAX_FQN;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
