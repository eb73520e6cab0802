import { z } from 'zod';
import type { Logger } from '../../observability/logger.ts';
import type { Column } from '../../openmetadata/entities.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { SalesforceApi } from './api.ts';
import { readComposite } from './composite.ts';
import type { FieldProperties } from './field-properties.ts';

export interface ProfilerOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  /** Calls, one a table. */
  readonly maxApiCalls: number;
}

/** How far a column's values may be looked into. */
type Depth = 'values' | 'range' | 'counts';

/** A column that Salesforce can aggregate. */
export interface Profilable {
  readonly name: string;
  /** `values`: few and known; `range`: numbers and dates; `counts`: anything else, of which no value leaves the org. */
  readonly depth: Depth;
  readonly numeric: boolean;
}

export type ColumnProfile = Readonly<Record<string, unknown>> & { readonly name: string };

/** One query for all figures of these, and one for each of so many lists of values: what one composite takes. */
const MOST_COLUMNS = 60;
const MOST_VALUE_LISTS = 4;
const MOST_VALUES = 10;
/** Aggregates over more rows than these are not answered in time. */
const MOST_ROWS = 1_000_000;

const NUMBERS: ReadonlySet<string> = new Set(['DECIMAL', 'DOUBLE', 'INT', 'BIGINT']);
const DATES: ReadonlySet<string> = new Set(['DATE', 'DATETIME']);

/** The columns worth a profile. Of classified fields only counts are taken, as of all text: a value could be personal. */
export function profilableOf(columns: readonly Column[], aggregatable: readonly string[], properties: Readonly<Record<string, FieldProperties>>): Profilable[] {
  const names = new Set(aggregatable);
  return columns.filter(({ name }) => names.has(name)).map(({ name, dataType }) => {
    const numeric = NUMBERS.has(dataType);
    const { securityClassification, complianceGroups, encrypted } = properties[name] ?? {};
    const closed = (securityClassification !== undefined && securityClassification !== 'Public') || complianceGroups !== undefined || encrypted !== undefined;
    const depth: Depth = closed ? 'counts' : dataType === 'ENUM' ? 'values' : numeric || DATES.has(dataType) ? 'range' : 'counts';
    return { name, depth, numeric };
  });
}

const rowSchema = z.record(z.string(), z.unknown());
const pageSchema = z.object({ records: z.array(rowSchema) });
type Row = z.infer<typeof rowSchema>;

/** Profiles tables by aggregate queries, one call a table, until its calls are used up. */
export class Profiler {
  readonly #options: ProfilerOptions;
  #left: number;
  #refused = 0;

  constructor(options: ProfilerOptions) {
    this.#options = options;
    this.#left = options.maxApiCalls;
  }

  /** Tables that Salesforce refused to aggregate. */
  get refused(): number {
    return this.#refused;
  }

  /** Undefined when there is nothing to profile, or no call left for it. */
  async profile(object: string, columns: readonly Profilable[], rows: number, timestamp: number, signal: AbortSignal): Promise<readonly ColumnProfile[] | undefined> {
    const chosen = columns.slice(0, MOST_COLUMNS);
    if (this.#left <= 0 || chosen.length === 0 || rows === 0 || rows > MOST_ROWS) return undefined;
    this.#left -= 1;
    const listed = chosen.filter(({ depth }) => depth === 'values').slice(0, MOST_VALUE_LISTS);
    const queries = [figuresQuery(object, chosen), ...listed.map(({ name }) => `SELECT ${name} v, COUNT(Id) n FROM ${object} GROUP BY ${name} ORDER BY COUNT(Id) DESC LIMIT ${MOST_VALUES}`)];
    const answers = await this.#ask(object, queries, signal);
    const figures = answers.get(0)?.[0];
    if (figures === undefined) return undefined;
    const total = numberOf(figures['n']) ?? 0;
    return chosen.map((column, index) => columnProfile(column, index, figures, total, timestamp, answers.get(1 + listed.indexOf(column))));
  }

  async #ask(object: string, queries: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<number, readonly Row[]>> {
    const { api, version, logger } = this.#options;
    const base = `/services/data/v${version}`;
    const parts = queries.map((query, index) => ({ referenceId: `p${index}`, url: `${base}/query?q=${encodeURIComponent(query)}` }));
    const answers = new Map<number, readonly Row[]>();
    try {
      await readComposite(api, { path: `${base}/composite`, parts, what: `the profile of ${object}` }, ({ referenceId, status, body }) => {
        const page = pageSchema.safeParse(body);
        if (status === 200 && page.success) answers.set(Number(referenceId.slice(1)), page.data.records);
      }, signal);
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted || error.code === 'SALESFORCE_LIMIT_REACHED') throw error;
      logger.log('debug', 'A table could not be profiled', { object, code: error.code });
    }
    if (!answers.has(0)) this.#refused += 1;
    return answers;
  }
}

function figuresQuery(object: string, columns: readonly Profilable[]): string {
  const figures = columns.flatMap(({ name, depth, numeric }, index) => [
    `COUNT(${name}) c${index}`, `COUNT_DISTINCT(${name}) d${index}`,
    ...(depth === 'range' ? [`MIN(${name}) l${index}`, `MAX(${name}) h${index}`] : []),
    ...(depth === 'range' && numeric ? [`AVG(${name}) a${index}`] : []),
  ]);
  return `SELECT COUNT(Id) n, ${figures.join(', ')} FROM ${object}`;
}

/** As api/data/createTableProfile.json has it, and reckoned as OpenMetadata's profiler does: shares of distinct values are of those that are there. */
function columnProfile({ name, depth }: Profilable, index: number, figures: Row, total: number, timestamp: number, values: readonly Row[] | undefined): ColumnProfile {
  const count = numberOf(figures[`c${index}`]) ?? 0;
  const distinct = numberOf(figures[`d${index}`]) ?? 0;
  const [min, max, mean] = [valueOf(figures[`l${index}`]), valueOf(figures[`h${index}`]), numberOf(figures[`a${index}`])];
  return {
    name, timestamp, valuesCount: count, nullCount: total - count, nullProportion: share(total - count, total), distinctCount: distinct, distinctProportion: share(distinct, count),
    ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }), ...(mean === undefined ? {} : { mean }),
    ...(depth === 'values' && values?.some(({ v }) => typeof v === 'string') === true ? { cardinalityDistribution: distribution(values, count) } : {}),
  };
}

/** The commonest values, and all others together. */
function distribution(rows: readonly Row[], count: number): Readonly<Record<string, unknown>> {
  const known = rows.flatMap(({ v, n }) => (typeof v === 'string' ? [[v, numberOf(n) ?? 0] as const] : [])).toSorted(([, a], [, b]) => b - a);
  const rest = count - known.reduce((sum, [, n]) => sum + n, 0);
  const parts = rest > 0 ? [...known, ['Others', rest] as const] : known;
  return {
    categories: parts.map(([value]) => value), counts: parts.map(([, n]) => n), percentages: parts.map(([, n]) => Math.round(share(n, count) * 10_000) / 100), allValuesUnique: false,
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 10_000;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** A number, or a date or moment: Salesforce writes the zone of one without its colon. */
function valueOf(value: unknown): string | number | undefined {
  return typeof value === 'string' ? value.replace(/(?<=T.*[+-]\d\d)(?=\d\d$)/, ':') : numberOf(value);
}
