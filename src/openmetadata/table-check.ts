import {
  invalid,
  keyProblem,
  LONGEST_FQN,
  LONGEST_NAME,
  NAME,
  namesTwice,
  NEEDS_LENGTH,
  type Column,
  type CreateTable,
  type TableConstraint,
} from './entities.ts';

/**
 * Throws ENTITY_INVALID, naming the table and its first problems, unless the request is one the server would take. What
 * the type promises is not looked at again: there are tens of thousands of columns in a run, and this takes a twentieth
 * of the time of `createTableSchema`, which says the same of a value of that type but for addresses and labels, which are
 * not names that come from outside.
 */
export function assertTable(
  fqn: string,
  { name, databaseSchema, columns, tableConstraints = [] }: CreateTable,
): void {
  const problems: string[] = [];
  if (!isName(name)) problems.push('name is empty, too long, spans lines or holds "::"');
  if (databaseSchema === '' || databaseSchema.length > LONGEST_FQN)
    problems.push('databaseSchema is empty or too long');
  columns.forEach((column, index) => checkColumn(column, `columns.${index}`, problems));
  const names = new Set(columns.map((column) => column.name));
  if (namesTwice(columns)) problems.push('columns two have one name');
  const keys = keyProblem(columns, tableConstraints);
  if (keys !== undefined) problems.push(keys);
  tableConstraints.forEach((constraint, index) =>
    checkConstraint(constraint, `tableConstraints.${index}`, names, problems),
  );
  if (problems.length > 0) throw invalid('table', fqn, problems);
}

function checkColumn(
  {
    name,
    dataType,
    arrayDataType,
    dataLength,
    precision,
    scale,
    ordinalPosition,
    children,
  }: Column,
  path: string,
  problems: string[],
): void {
  if (!isName(name)) problems.push(`${path}.name is empty, too long, spans lines or holds "::"`);
  if (dataLength === undefined ? NEEDS_LENGTH.has(dataType) : !isCount(dataLength))
    problems.push(`${path}.dataLength is needed for ${dataType}, and no less than zero`);
  if (dataType === 'ARRAY' && arrayDataType === undefined)
    problems.push(`${path}.arrayDataType is needed for ARRAY`);
  if (precision !== undefined && !isCount(precision))
    problems.push(`${path}.precision is below zero`);
  if (scale !== undefined && (!isCount(scale) || scale > (precision ?? -1)))
    problems.push(`${path}.scale is larger than the precision`);
  if (ordinalPosition !== undefined && !isCount(ordinalPosition))
    problems.push(`${path}.ordinalPosition is below zero`);
  if (namesTwice(children)) problems.push(`${path}.children two have one name`);
  children?.forEach((child, index) => checkColumn(child, `${path}.children.${index}`, problems));
}

function checkConstraint(
  { constraintType, columns, referredColumns }: TableConstraint,
  path: string,
  names: ReadonlySet<string>,
  problems: string[],
): void {
  const stranger = columns.find((name) => !names.has(name));
  if (columns.length === 0) problems.push(`${path} names no column`);
  if (stranger !== undefined) problems.push(`${path} names "${stranger}", which is no column`);
  if (constraintType === 'FOREIGN_KEY' && referredColumns?.length !== columns.length)
    problems.push(`${path} needs one referred column for each of its columns`);
  if (referredColumns?.some((fqn) => fqn === '' || fqn.length > LONGEST_FQN) === true)
    problems.push(`${path} refers to a column without a name, or with one too long`);
}

function isName(name: string): boolean {
  return name.length <= LONGEST_NAME && NAME.test(name);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
