import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import { z } from 'zod';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { SalesforceApi } from '../api/api.ts';
import { readRows } from '../api/pages.ts';
import { queryMany } from '../api/query-many.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';
import {
  columnProfile,
  statisticsQuery,
  valuesQuery,
  type ColumnProfile,
  type Row,
} from './column-profile.ts';
import {
  readFieldClasses,
  removeBatch,
  type FieldClasses,
  type ObjectSize,
} from './field-classes.ts';
import type { ProfileColumn } from './profile-columns.ts';
import { openColumns } from './sample-columns.ts';

// Invariant, as for sample rows: no value of a field leaves the org, not even an extreme or a mean,
// unless the org has answered that the field is not classified. Counts reveal no value.

export interface ProfilerDeps {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  /**
   * For the whole run: one call for the classifications of some dozens of tables, and one for the
   * profile of each table.
   */
  readonly maxApiCalls: number;
}

export interface ProfiledTable extends ObjectSize {
  readonly columns: readonly ProfileColumn[];
  readonly rows: number;
}

/** Lists of values for each table: with the statistics, as many queries as one composite takes. */
const MAX_VALUE_QUERIES = 4;
/** Salesforce does not answer aggregates over more rows in time. */
const MAX_ROWS = 1_000_000;

const rowSchema = z.record(z.string(), z.unknown());

/** Profiles tables with aggregate queries, one call per table, until `maxApiCalls` is used up. */
export class Profiler {
  readonly #deps: ProfilerDeps;
  #callsLeft: number;
  readonly #skipped = { unclassified: 0, rejected: 0, overBudget: 0 };

  constructor(deps: ProfilerDeps) {
    this.#deps = deps;
    this.#callsLeft = deps.maxApiCalls;
  }

  /**
   * Yields each table once, without a profile where there is nothing to profile, Salesforce
   * rejects, or no call is left. Called once; logs at the end how many tables were skipped and why.
   * Throws only errors that end the run.
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
    const waiting = tables.filter(isProfilable);
    for (const table of tables) if (!isProfilable(table)) yield [table, undefined];
    for (let group = this.#take(waiting); group.length > 0; group = this.#take(waiting)) {
      const classes = await this.#classes(group, signal);
      for (const table of group)
        yield [table, await this.#profile(table, classes.get(table.object), timestamp, signal)];
    }
    for (const table of waiting) yield [table, undefined];
    this.#skipped.overBudget = waiting.length;
    this.#logSkipped();
  }

  /**
   * As many tables as one call can read the classifications of, and the remaining calls can
   * profile.
   */
  #take(waiting: ProfiledTable[]): readonly ProfiledTable[] {
    return removeBatch(waiting, Math.max(0, this.#callsLeft - 1));
  }

  async #classes(
    group: readonly ProfiledTable[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, FieldClasses>> {
    const { api, version } = this.#deps;
    const tables = group.filter(({ columns }) => columns.some(({ depth }) => depth !== 'counts'));
    if (tables.length === 0) return new Map();
    this.#callsLeft -= 1;
    const target = { api, version, what: 'field classifications' };
    const classes = await readFieldClasses(target, tables, signal);
    this.#skipped.unclassified += tables.filter(({ object }) => !classes.has(object)).length;
    return classes;
  }

  async #profile(
    { object, columns }: ProfiledTable,
    classes: FieldClasses | undefined,
    timestamp: number,
    signal: AbortSignal,
  ): Promise<readonly ColumnProfile[] | undefined> {
    this.#callsLeft -= 1;
    const permitted = permittedColumns(columns, classes);
    const listed = permitted.filter(({ depth }) => depth === 'values').slice(0, MAX_VALUE_QUERIES);
    const queries = [
      statisticsQuery(object, permitted),
      ...listed.map((column) => valuesQuery(object, column)),
    ];
    const answers = await this.#query(object, queries, signal);
    const statistics = answers.get(0)?.[0];
    if (statistics === undefined) return undefined;
    return permitted.map((column, index) => {
      const values = answers.get(1 + listed.indexOf(column));
      return columnProfile(column, index, statistics, timestamp, values);
    });
  }

  /** Rows by the index of their query; a rejected query has none. */
  async #query(
    object: string,
    queries: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, readonly Row[]>> {
    const { api, version, logger } = this.#deps;
    const what = `profile of ${object}`;
    const answers = new Map<number, readonly Row[]>();
    try {
      await queryMany(
        { api, version, what, surface: 'data' },
        queries,
        ({ index, status, body }) => {
          if (status === 200) answers.set(index, readRows(body, rowSchema, what));
        },
        signal,
      );
    } catch (thrown) {
      const error = rethrowIfRunEnds(thrown, signal);
      logger.log('debug', 'failed to profile table', { object, ...errorFields(error) });
    }
    if (!answers.has(0)) this.#skipped.rejected += 1;
    return answers;
  }

  #logSkipped(): void {
    const { logger, maxApiCalls } = this.#deps;
    const { unclassified, rejected, overBudget } = this.#skipped;
    if (unclassified > 0)
      logger.log('warn', 'profiles limited to counts: field classifications are not readable', {
        tables: unclassified,
      });
    if (rejected > 0) logger.log('warn', 'failed to profile some tables', { tables: rejected });
    if (overBudget > 0)
      logger.log('info', 'profiles skipped: maxApiCalls is used up', {
        tables: overBudget,
        maxApiCalls,
      });
  }
}

function isProfilable({ columns, rows }: ProfiledTable): boolean {
  return columns.length > 0 && rows > 0 && rows <= MAX_ROWS;
}

/** Limits every column to counts, except those that the org reported as not classified. */
function permittedColumns(
  columns: readonly ProfileColumn[],
  classes: FieldClasses = new Map(),
): readonly ProfileColumn[] {
  const open = new Set(openColumns(columns, classes));
  return columns.map((column) => (open.has(column.name) ? column : { ...column, depth: 'counts' }));
}
