import { z } from 'zod';
import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import type { SalesforceApi } from '../api/api.ts';
import { isDerived } from '../describe/object-kind.ts';
import { readComposite } from '../api/composite.ts';
import { readRows } from '../api/pages.ts';
import {
  readFieldClasses,
  takeForOneCall,
  type FieldClasses,
  type Sized,
} from './field-classes.ts';
import { openColumns, sampleColumnsOf, type SampleColumn } from './sample-columns.ts';
import type { Table } from '../mapping/table.ts';
import { endsRun } from '../api/run-ending.ts';

// What must never break: as with sample rows, no value of a field leaves the org, be it an extreme or a mean, unless the org was
// asked about the field and said that nobody has classified it. Counts tell of no value.

export interface ProfilerOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  /** Calls in all: one for the classes of some dozens of tables, and one for the figures of each table. */
  readonly maxApiCalls: number;
}

/** How far a column's values may be looked into. */
type Depth = 'values' | 'range' | 'counts';

/** A column that Salesforce can aggregate. */
export interface Profilable extends SampleColumn {
  /** `values`: few and known; `range`: numbers and dates; `counts`: anything else, of which no value leaves the org. */
  readonly depth: Depth;
  readonly numeric: boolean;
}

export interface ProfiledTable extends Sized {
  readonly columns: readonly Profilable[];
  readonly rows: number;
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

const NONE: ReadonlyMap<string, SampleColumn> = new Map();

/**
 * The columns worth a profile, and how far each may be looked into if its field is open. Of text only counts are taken, since any could
 * be personal, and of history, shares and feeds, of whose fields the org has no classes.
 */
export function profilableOf(
  table: Pick<Table, 'request' | 'properties' | 'aggregatable'>,
): Profilable[] {
  const names = new Set(table.aggregatable);
  const shown = isDerived(table.properties.kind)
    ? NONE
    : new Map(sampleColumnsOf(table).map((column) => [column.name, column]));
  return table.request.columns
    .filter(({ name }) => names.has(name))
    .slice(0, MOST_COLUMNS)
    .map(({ name, dataType }) => {
      const numeric = NUMBERS.has(dataType);
      const depth = !shown.has(name)
        ? 'counts'
        : dataType === 'ENUM'
          ? 'values'
          : numeric || DATES.has(dataType)
            ? 'range'
            : 'counts';
      return { name, whole: shown.get(name)?.whole, depth, numeric };
    });
}

const rowSchema = z.record(z.string(), z.unknown());
type Row = z.infer<typeof rowSchema>;

/** Profiles tables by aggregate queries, one call a table, until its calls are used up. */
export class Profiler {
  readonly #options: ProfilerOptions;
  #left: number;
  readonly #without = { classes: 0, refused: 0, late: 0 };

  constructor(options: ProfilerOptions) {
    this.#options = options;
    this.#left = options.maxApiCalls;
  }

  /**
   * Each of the tables once, with no profile where there is nothing to profile, where Salesforce refuses, or where no call is left. Called
   * once. Says at the end how many go without, and why. Throws only what ends the extraction.
   */
  async *profiles(
    tables: readonly ProfiledTable[],
    timestamp: number,
    signal: AbortSignal,
  ): AsyncGenerator<
    readonly [ProfiledTable, readonly ColumnProfile[] | undefined],
    void,
    undefined
  > {
    const waiting = tables.filter(isProfiled);
    for (const table of tables) if (!isProfiled(table)) yield [table, undefined];
    for (let group = this.#next(waiting); group.length > 0; group = this.#next(waiting)) {
      const classes = await this.#classes(group, signal);
      for (const table of group)
        yield [table, await this.#profile(table, classes.get(table.object), timestamp, signal)];
    }
    for (const table of waiting) yield [table, undefined];
    this.#without.late = waiting.length;
    this.#sayWithout();
  }

  /** As many tables as one call can tell the classes of, and the calls after it can profile. */
  #next(waiting: ProfiledTable[]): readonly ProfiledTable[] {
    return takeForOneCall(waiting, Math.max(0, this.#left - 1));
  }

  async #classes(
    group: readonly ProfiledTable[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, FieldClasses>> {
    const { api, version } = this.#options;
    const tables = group.filter(({ columns }) => columns.some(({ depth }) => depth !== 'counts'));
    if (tables.length === 0) return new Map();
    this.#left -= 1;
    const classes = await readFieldClasses(
      { api, version, what: 'the classifications of fields' },
      tables,
      signal,
    );
    this.#without.classes += tables.filter(({ object }) => !classes.has(object)).length;
    return classes;
  }

  async #profile(
    { object, columns }: ProfiledTable,
    classes: FieldClasses | undefined,
    timestamp: number,
    signal: AbortSignal,
  ): Promise<readonly ColumnProfile[] | undefined> {
    this.#left -= 1;
    const chosen = permitted(columns, classes);
    const listed = chosen.filter(({ depth }) => depth === 'values').slice(0, MOST_VALUE_LISTS);
    const queries = [
      figuresQuery(object, chosen),
      ...listed.map(
        ({ name }) =>
          `SELECT ${name} v, COUNT(Id) n FROM ${object} GROUP BY ${name} ORDER BY COUNT(Id) DESC LIMIT ${MOST_VALUES}`,
      ),
    ];
    const answers = await this.#ask(object, queries, signal);
    const figures = answers.get(0)?.[0];
    if (figures === undefined) return undefined;
    const total = numberOf(figures['n']) ?? 0;
    return chosen.map((column, index) =>
      columnProfile(
        column,
        index,
        figures,
        total,
        timestamp,
        answers.get(1 + listed.indexOf(column)),
      ),
    );
  }

  async #ask(
    object: string,
    queries: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, readonly Row[]>> {
    const { api, version, logger } = this.#options;
    const base = `/services/data/v${version}`;
    const parts = queries.map((query, index) => ({
      referenceId: `p${index}`,
      url: `${base}/query?q=${encodeURIComponent(query)}`,
    }));
    const answers = new Map<number, readonly Row[]>();
    try {
      await readComposite(
        api,
        { path: `${base}/composite`, parts, what: `the profile of ${object}` },
        ({ referenceId, status, body }) => {
          if (status === 200)
            answers.set(
              Number(referenceId.slice(1)),
              readRows(body, rowSchema, `the profile of ${object}`),
            );
        },
        signal,
      );
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (endsRun(error, signal)) throw error;
      logger.log('debug', 'A table could not be profiled', { object, code: error.code });
    }
    if (!answers.has(0)) this.#without.refused += 1;
    return answers;
  }

  #sayWithout(): void {
    const { logger, maxApiCalls } = this.#options;
    const { classes, refused, late } = this.#without;
    if (classes > 0)
      logger.log(
        'warn',
        'Some tables are profiled by counts alone: whether their fields are classified cannot be read',
        { tables: classes },
      );
    if (refused > 0) logger.log('warn', 'Some tables could not be profiled', { tables: refused });
    if (late > 0)
      logger.log('info', 'Some tables go without a profile: the calls for it are used up', {
        tables: late,
        maxApiCalls,
      });
  }
}

function isProfiled({ columns, rows }: ProfiledTable): boolean {
  return columns.length > 0 && rows > 0 && rows <= MOST_ROWS;
}

/** The columns with no more than counts of those that the org did not call open. */
function permitted(
  columns: readonly Profilable[],
  classes: FieldClasses = new Map(),
): readonly Profilable[] {
  const open = new Set(openColumns(columns, classes));
  return columns.map((column) => (open.has(column.name) ? column : { ...column, depth: 'counts' }));
}

function figuresQuery(object: string, columns: readonly Profilable[]): string {
  const figures = columns.flatMap(({ name, depth, numeric }, index) => [
    `COUNT(${name}) c${index}`,
    `COUNT_DISTINCT(${name}) d${index}`,
    ...(depth === 'range' ? [`MIN(${name}) l${index}`, `MAX(${name}) h${index}`] : []),
    ...(depth === 'range' && numeric ? [`AVG(${name}) a${index}`] : []),
  ]);
  return `SELECT COUNT(Id) n, ${figures.join(', ')} FROM ${object}`;
}

/** As api/data/createTableProfile.json has it, and reckoned as OpenMetadata's profiler does: shares of distinct values are of those that are there. */
function columnProfile(
  { name, depth }: Profilable,
  index: number,
  figures: Row,
  total: number,
  timestamp: number,
  values: readonly Row[] | undefined,
): ColumnProfile {
  const count = numberOf(figures[`c${index}`]) ?? 0;
  const distinct = numberOf(figures[`d${index}`]) ?? 0;
  const [min, max, mean] = [
    valueOf(figures[`l${index}`]),
    valueOf(figures[`h${index}`]),
    numberOf(figures[`a${index}`]),
  ];
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

/** The commonest values, and all others together. */
function distribution(rows: readonly Row[], count: number): Readonly<Record<string, unknown>> {
  const known = rows
    .flatMap(({ v, n }) => (typeof v === 'string' ? [[v, numberOf(n) ?? 0] as const] : []))
    .toSorted(([, a], [, b]) => b - a);
  const rest = count - known.reduce((sum, [, n]) => sum + n, 0);
  const parts = rest > 0 ? [...known, ['Others', rest] as const] : known;
  return {
    categories: parts.map(([value]) => value),
    counts: parts.map(([, n]) => n),
    percentages: parts.map(([, n]) => Math.round(share(n, count) * 10_000) / 100),
    allValuesUnique: false,
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
  return typeof value === 'string'
    ? value.replace(/(?<=T.*[+-]\d\d)(?=\d\d$)/, ':')
    : numberOf(value);
}
