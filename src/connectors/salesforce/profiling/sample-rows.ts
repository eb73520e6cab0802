import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import { z } from 'zod';
import type { Cell, SampleDataRecord } from '../../../../foundation/src/domain/record.ts';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { CutText } from '../../../redaction/cut-text.ts';
import type { SalesforceApi } from '../api/api.ts';
import { readRows } from '../api/pages.ts';
import { MAX_QUERIES, queryMany } from '../api/query-many.ts';
import { readFieldClasses, removeBatch } from './field-classes.ts';
import { openColumns, sampleTableOf, type SampleTable } from './sample-columns.ts';
import type { Table } from '../mapping/table.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';

export interface SamplerDeps {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  readonly cut: CutText;
  /** Maximum for each table. */
  readonly rows: number;
  /**
   * For the whole run: one call for the classifications of some dozens of tables, and one for the
   * rows of five tables.
   */
  readonly maxApiCalls: number;
}

/** A table with its columns that are not classified. */
interface OpenTable {
  readonly table: SampleTable;
  readonly columns: readonly string[];
}

/** One query per table. */
const TABLES_PER_CALL = MAX_QUERIES;
const MAX_TEXT_LENGTH = 500;
/** A record must fit a frame of the protocol, with room for what redaction adds. */
const MAX_SAMPLE_BYTES = 700_000;

const WHAT = 'sample rows';

const rowSchema = z.record(z.string(), z.unknown());
type Row = readonly Cell[];

/** Reads sample rows, five tables in a call, until `maxApiCalls` is used up. */
export class Sampler {
  readonly #deps: SamplerDeps;
  #callsLeft: number;
  readonly #tables: SampleTable[] = [];
  readonly #skipped = { unclassified: 0, rejected: 0, overBudget: 0 };

  constructor(deps: SamplerDeps) {
    this.#deps = deps;
    this.#callsLeft = deps.maxApiCalls;
  }

  /** Adds a table if it may be sampled. */
  add(object: string, table: Table): void {
    const sampled = sampleTableOf(object, table);
    if (sampled === undefined) return;
    if (this.#tables.length < this.#deps.maxApiCalls * TABLES_PER_CALL) this.#tables.push(sampled);
    else this.#skipped.overBudget += 1;
  }

  /**
   * Called once. Logs at the end how many tables were skipped and why. Throws only errors that end
   * the run.
   */
  async *samples(signal: AbortSignal): AsyncGenerator<SampleDataRecord, void, undefined> {
    for (let group = this.#take(); group.length > 0; group = this.#take()) {
      const open = await this.#openTables(group, signal);
      for (let at = 0; at < open.length; at += TABLES_PER_CALL)
        yield* this.#read(open.slice(at, at + TABLES_PER_CALL), signal);
    }
    this.#skipped.overBudget += this.#tables.length;
    this.#logSkipped();
  }

  /**
   * As many tables as one call can read the classifications of, and the remaining calls can read
   * rows of.
   */
  #take(): readonly SampleTable[] {
    return removeBatch(this.#tables, Math.max(0, this.#callsLeft - 1) * TABLES_PER_CALL);
  }

  async #openTables(
    tables: readonly SampleTable[],
    signal: AbortSignal,
  ): Promise<readonly OpenTable[]> {
    const { api, version } = this.#deps;
    this.#callsLeft -= 1;
    const classes = await readFieldClasses(
      { api, version, what: 'field classifications' },
      tables,
      signal,
    );
    this.#skipped.unclassified += tables.filter(({ object }) => !classes.has(object)).length;
    return tables.flatMap((table) => {
      const known = classes.get(table.object);
      return known === undefined ? [] : [{ table, columns: openColumns(table.columns, known) }];
    });
  }

  async *#read(
    tables: readonly OpenTable[],
    signal: AbortSignal,
  ): AsyncGenerator<SampleDataRecord, void, undefined> {
    this.#callsLeft -= 1;
    const answers = await this.#query(tables, signal);
    for (const [index, { table, columns }] of tables.entries()) {
      const rows = columns.length === 0 ? [] : answers.get(index);
      if (rows === undefined) this.#skipped.rejected += 1;
      else yield sampleRecord(table.fqn, columns, rows);
    }
  }

  /** Rows by the index of their table; a table whose query was rejected is missing. */
  async #query(
    tables: readonly OpenTable[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, readonly Row[]>> {
    const { api, version, rows, logger, cut } = this.#deps;
    const queried = [...tables.entries()].filter(([, { columns }]) => columns.length > 0);
    const answers = new Map<number, readonly Row[]>();
    try {
      await queryMany(
        { api, version, what: WHAT, surface: 'data' },
        queried.map(([, table]) => soql(table, rows)),
        ({ index: query, status, body }) => {
          if (status !== 200) return;
          const [index, { columns }] = queried[query]!;
          const records = readRows(body, rowSchema, WHAT);
          const cells = records.map((row) => columns.map((name) => cellOf(row[name], cut)));
          answers.set(index, cells);
        },
        signal,
      );
    } catch (thrown) {
      const error = rethrowIfRunEnds(thrown, signal);
      logger.log('debug', 'failed to read sample rows', errorFields(error));
    }
    return answers;
  }

  #logSkipped(): void {
    const { logger, maxApiCalls } = this.#deps;
    const { unclassified, rejected, overBudget } = this.#skipped;
    if (unclassified > 0)
      logger.log('warn', 'sample rows skipped: field classifications are not readable', {
        tables: unclassified,
      });
    if (rejected > 0)
      logger.log('warn', 'sample rows skipped: Salesforce rejected the query', {
        tables: rejected,
      });
    if (overBudget > 0)
      logger.log('info', 'sample rows skipped: maxApiCalls is used up', {
        tables: overBudget,
        maxApiCalls,
      });
  }
}

function soql({ table, columns }: OpenTable, rows: number): string {
  return `SELECT ${columns.join(', ')} FROM ${table.object} LIMIT ${rows}`;
}

function sampleRecord(
  fqn: string,
  columns: readonly string[],
  rows: readonly Row[],
): SampleDataRecord {
  return { kind: 'sampleData', table: fqn, request: { columns, rows: fitting(rows) } };
}

function cellOf(value: unknown, cut: CutText): Cell {
  if (typeof value === 'string') return cut(value, MAX_TEXT_LENGTH);
  return typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

/** The first rows that fit one record. */
function fitting(rows: readonly Row[]): readonly Row[] {
  let bytes = 0;
  const end = rows.findIndex(
    (row) => (bytes += Buffer.byteLength(JSON.stringify(row)) + 1) > MAX_SAMPLE_BYTES,
  );
  return end < 0 ? rows : rows.slice(0, end);
}
