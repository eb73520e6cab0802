import type { FieldFunctionExpression, Query } from '@jetstreamapp/soql-parser-js';
import { order } from './compare.ts';
import { malformed } from './query-error.ts';
import { readerOf } from './select.ts';
import { JsonValue, type PrintedRecord, type Row, type Scalar, type Schema } from './table.ts';

/** Whether the query returns groups or totals rather than records. */
export function isAggregate(query: Query): boolean {
  return (
    query.groupBy !== undefined ||
    (query.fields ?? []).some(
      (field) => field.type === 'FieldFunctionExpression' && field.isAggregateFn === true,
    )
  );
}

/** `SELECT COUNT() FROM X`: returns the number of records only. */
export function isBareCount(query: Query): boolean {
  const [only, ...others] = query.fields ?? [];
  return (
    others.length === 0 &&
    only?.type === 'FieldFunctionExpression' &&
    only.functionName.toUpperCase() === 'COUNT' &&
    only.parameters.length === 0
  );
}

type Column = (rows: readonly Row[]) => [name: string, value: Scalar];

/** One AggregateResult for each group, or one for all rows. */
export function aggregate(
  query: Query,
  rows: readonly Row[],
  schema: Schema,
  soql: string,
): PrintedRecord[] {
  const keys = groupKeys(query).map((path) => readerOf(path, schema, soql));
  const valuesOf = valuesReader(schema, soql);
  let unnamed = 0;
  const columns = (query.fields ?? []).map((field): Column => {
    if (field.type === 'FieldFunctionExpression')
      return totalColumn(field, field.alias ?? `expr${unnamed++}`, valuesOf);
    if (field.type !== 'Field' && field.type !== 'FieldRelationship')
      throw malformed('unexpected field in an aggregate query');
    const path =
      field.type === 'Field' ? field.field : [...field.relationships, field.field].join('.');
    const read = readerOf(path, schema, soql);
    return (group) => [
      field.type === 'Field' ? (field.alias ?? field.field) : field.field,
      plain(group[0] ? read(group[0]) : null),
    ];
  });
  const groups = Map.groupBy(rows, (row) => JSON.stringify(keys.map((read) => plain(read(row)))));
  const all = keys.length === 0 ? [rows] : [...groups.values()];
  return all.map((group) => ({
    attributes: { type: 'AggregateResult' },
    ...Object.fromEntries(columns.map((column) => column(group))),
  }));
}

function groupKeys(query: Query): string[] {
  const clauses = query.groupBy === undefined ? [] : [query.groupBy].flat();
  return clauses.map((clause) => {
    if (!('field' in clause)) throw malformed('functions in GROUP BY are not supported here');
    return clause.field;
  });
}

function plain(cell: Scalar | JsonValue): Scalar {
  return cell instanceof JsonValue ? null : cell;
}

/** Reads the values of a path in all rows of a group, nulls omitted. */
type ValuesOf = (path: string) => (group: readonly Row[]) => readonly Scalar[];

/** Reads a path once for all functions that a query applies to it. */
function valuesReader(schema: Schema, soql: string): ValuesOf {
  const known = new WeakMap<readonly Row[], Map<string, readonly Scalar[]>>();
  return (path) => {
    const read = readerOf(path, schema, soql);
    return (group) => {
      const values = known.get(group) ?? new Map<string, readonly Scalar[]>();
      known.set(group, values);
      const found =
        values.get(path) ?? group.map((row) => plain(read(row))).filter((value) => value !== null);
      values.set(path, found);
      return found;
    };
  };
}

function totalColumn(field: FieldFunctionExpression, name: string, valuesOf: ValuesOf): Column {
  const [path] = field.parameters;
  const read =
    typeof path === 'string' ? valuesOf(path) : (group: readonly Row[]) => group.map(() => true);
  const total = TOTALS[field.functionName.toUpperCase()];
  if (!total) throw malformed(`unknown function: ${field.functionName}`);
  return (group) => [name, total(read(group))];
}

const sum = (values: readonly Scalar[]): number =>
  values.reduce<number>((total, value) => total + Number(value), 0);

/** The value that sorts first, or last if `sign` is negative. */
function extreme(values: readonly Scalar[], sign: 1 | -1): Scalar {
  return values.length === 0
    ? null
    : values.reduce((best, value) => (order(value, best) * sign < 0 ? value : best));
}

const TOTALS: Record<string, (values: readonly Scalar[]) => Scalar> = {
  COUNT: (values) => values.length,
  COUNT_DISTINCT: (values) => new Set(values).size,
  SUM: (values) => (values.length > 0 ? sum(values) : null),
  AVG: (values) => (values.length > 0 ? sum(values) / values.length : null),
  MIN: (values) => extreme(values, 1),
  MAX: (values) => extreme(values, -1),
};
