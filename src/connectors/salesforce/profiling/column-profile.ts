import type { ProfileColumn } from './profile-columns.ts';

/** A row of a query's answer. */
export type Row = Readonly<Record<string, unknown>>;

export type ColumnProfile = Readonly<Record<string, unknown>> & { readonly name: string };

/** Categories of a distribution, besides the sum of all others. */
const MAX_VALUES = 10;

/**
 * One query for the counts, extremes and means of all columns. `columnProfile` reads its answer.
 */
export function statisticsQuery(object: string, columns: readonly ProfileColumn[]): string {
  const aggregates = columns.flatMap(({ name, depth, numeric }, index) => [
    `COUNT(${name}) c${index}`,
    `COUNT_DISTINCT(${name}) d${index}`,
    ...(depth === 'range' ? [`MIN(${name}) l${index}`, `MAX(${name}) h${index}`] : []),
    ...(depth === 'range' && numeric ? [`AVG(${name}) a${index}`] : []),
  ]);
  return `SELECT COUNT(Id) n, ${aggregates.join(', ')} FROM ${object}`;
}

/** The most common values of one column. */
export function valuesQuery(object: string, { name }: ProfileColumn): string {
  return `SELECT ${name} v, COUNT(Id) n FROM ${object} GROUP BY ${name} ORDER BY COUNT(Id) DESC LIMIT ${MAX_VALUES}`;
}

export function rowCountIn(statistics: Row): number {
  return numberOf(statistics['n']) ?? 0;
}

/**
 * The profile of the column at `index` of the statistics query, as api/data/createTableProfile.json
 * defines it and computed like OpenMetadata's profiler does: the share of distinct values refers to
 * the values that are not null.
 */
export function columnProfile(
  { name, depth }: ProfileColumn,
  index: number,
  statistics: Row,
  timestamp: number,
  values: readonly Row[] | undefined,
): ColumnProfile {
  const total = rowCountIn(statistics);
  const count = numberOf(statistics[`c${index}`]) ?? 0;
  const distinct = numberOf(statistics[`d${index}`]) ?? 0;
  const min = valueOf(statistics[`l${index}`]);
  const max = valueOf(statistics[`h${index}`]);
  const mean = numberOf(statistics[`a${index}`]);
  return {
    name,
    timestamp,
    valuesCount: count,
    nullCount: total - count,
    nullProportion: share(total - count, total),
    distinctCount: distinct,
    distinctProportion: share(distinct, count),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(mean === undefined ? {} : { mean }),
    ...(depth === 'values' && values?.some(({ v }) => typeof v === 'string') === true
      ? { cardinalityDistribution: distribution(values, count) }
      : {}),
  };
}

/** The most common values, and the sum of all others. */
function distribution(rows: readonly Row[], count: number): Readonly<Record<string, unknown>> {
  const common = rows
    .flatMap(({ v, n }) => (typeof v === 'string' ? [[v, numberOf(n) ?? 0] as const] : []))
    .toSorted(([, a], [, b]) => b - a);
  const rest = count - common.reduce((sum, [, n]) => sum + n, 0);
  const categories = rest > 0 ? [...common, ['Others', rest] as const] : common;
  return {
    categories: categories.map(([value]) => value),
    counts: categories.map(([, n]) => n),
    percentages: categories.map(([, n]) => Math.round(share(n, count) * 10_000) / 100),
    allValuesUnique: false,
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 10_000;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/**
 * A number, a date or a time. Salesforce writes the zone of a time without the colon that
 * OpenMetadata expects.
 */
function valueOf(value: unknown): string | number | undefined {
  return typeof value === 'string'
    ? value.replace(/(?<=T.*[+-]\d\d)(?=\d\d$)/, ':')
    : numberOf(value);
}
