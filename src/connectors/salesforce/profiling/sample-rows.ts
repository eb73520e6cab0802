import { z } from 'zod';
import type { Cell, SampleDataRecord } from '../../../domain/record.ts';
import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import type { CutText } from '../../../redaction/cut-text.ts';
import type { SalesforceApi } from '../api/api.ts';
import { readComposite } from '../api/composite.ts';
import { readRows } from '../api/pages.ts';
import { readFieldClasses, takeForOneCall } from './field-classes.ts';
import { openColumns, sampleTableOf, type SampleTable } from './sample-columns.ts';
import type { Table } from '../mapping/table.ts';
import { endsRun } from '../api/run-ending.ts';

export interface SamplerOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  readonly cut: CutText;
  /** Of a table, at most. */
  readonly rows: number;
  /** Calls in all: one for the classes of some dozens of tables, and one for the rows of five. */
  readonly maxApiCalls: number;
}

/** A table and its columns that may be shown. */
interface Open {
  readonly table: SampleTable;
  readonly columns: readonly string[];
}

/** Queries that one composite takes, and so tables that a call brings rows of. */
const TABLES_PER_CALL = 5;
const LONGEST_TEXT = 500;
/** A record has to fit a frame of the protocol, with room for what redaction adds. */
const LARGEST_SAMPLE_BYTES = 700_000;

const rowSchema = z.record(z.string(), z.unknown());

/** Takes rows of tables, five tables a call, until its calls are used up. */
export class Sampler {
  readonly #options: SamplerOptions;
  #left: number;
  readonly #tables: SampleTable[] = [];
  readonly #without = { unclassified: 0, refused: 0, late: 0 };

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#left = options.maxApiCalls;
  }

  /** Notes a table to take rows of, if it is one of those that rows are taken of. */
  add(object: string, table: Table): void {
    const sampled = sampleTableOf(object, table);
    if (sampled === undefined) return;
    if (this.#tables.length < this.#options.maxApiCalls * TABLES_PER_CALL)
      this.#tables.push(sampled);
    else this.#without.late += 1;
  }

  /** Called once. Says at the end how many tables go without, and why. Throws only what ends the extraction. */
  async *samples(signal: AbortSignal): AsyncGenerator<SampleDataRecord, void, undefined> {
    for (let group = this.#next(); group.length > 0; group = this.#next()) {
      const open = await this.#open(group, signal);
      for (let at = 0; at < open.length; at += TABLES_PER_CALL)
        yield* this.#read(open.slice(at, at + TABLES_PER_CALL), signal);
    }
    this.#without.late += this.#tables.length;
    this.#sayWithout();
  }

  /** As many tables as one call can tell the classes of, and the calls after it can bring the rows of. */
  #next(): readonly SampleTable[] {
    return takeForOneCall(this.#tables, Math.max(0, this.#left - 1) * TABLES_PER_CALL);
  }

  async #open(tables: readonly SampleTable[], signal: AbortSignal): Promise<readonly Open[]> {
    const { api, version } = this.#options;
    this.#left -= 1;
    const classes = await readFieldClasses(
      { api, version, what: 'the classifications of fields' },
      tables,
      signal,
    );
    this.#without.unclassified += tables.filter(({ object }) => !classes.has(object)).length;
    return tables.flatMap((table) => {
      const known = classes.get(table.object);
      return known === undefined ? [] : [{ table, columns: openColumns(table.columns, known) }];
    });
  }

  async *#read(
    tables: readonly Open[],
    signal: AbortSignal,
  ): AsyncGenerator<SampleDataRecord, void, undefined> {
    this.#left -= 1;
    const answers = await this.#ask(tables, signal);
    for (const [
      index,
      {
        table: { fqn },
        columns,
      },
    ] of tables.entries()) {
      const rows = columns.length === 0 ? [] : answers.get(index);
      if (rows === undefined) this.#without.refused += 1;
      else yield { kind: 'sampleData', table: fqn, request: { columns, rows: fitting(rows) } };
    }
  }

  async #ask(
    tables: readonly Open[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, readonly (readonly Cell[])[]>> {
    const { api, version, rows, logger, cut } = this.#options;
    const base = `/services/data/v${version}`;
    const parts = tables.flatMap(({ table, columns }, index) =>
      columns.length === 0
        ? []
        : [
            {
              referenceId: `s${index}`,
              url: `${base}/query?q=${encodeURIComponent(`SELECT ${columns.join(', ')} FROM ${table.object} LIMIT ${rows}`)}`,
            },
          ],
    );
    const answers = new Map<number, readonly (readonly Cell[])[]>();
    if (parts.length === 0) return answers;
    try {
      await readComposite(
        api,
        { path: `${base}/composite`, parts, what: 'sample rows' },
        ({ referenceId, status, body }) => {
          const index = Number(referenceId.slice(1));
          if (status === 200)
            answers.set(
              index,
              readRows(body, rowSchema, 'sample rows').map((record) =>
                tables[index]!.columns.map((name) => cellOf(record[name], cut)),
              ),
            );
        },
        signal,
      );
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (endsRun(error, signal)) throw error;
      logger.log('debug', 'Some tables could not be sampled', { code: error.code });
    }
    return answers;
  }

  #sayWithout(): void {
    const { logger, maxApiCalls } = this.#options;
    const { unclassified, refused, late } = this.#without;
    if (unclassified > 0)
      logger.log(
        'warn',
        'Some tables go without sample rows: whether their fields are classified cannot be read',
        { tables: unclassified },
      );
    if (refused > 0)
      logger.log('warn', 'Some tables go without sample rows: Salesforce did not give them', {
        tables: refused,
      });
    if (late > 0)
      logger.log('info', 'Some tables go without sample rows: the calls for them are used up', {
        tables: late,
        maxApiCalls,
      });
  }
}

function cellOf(value: unknown, cut: CutText): Cell {
  if (typeof value === 'string') return cut(value, LONGEST_TEXT);
  return typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function fitting(rows: readonly (readonly Cell[])[]): readonly (readonly Cell[])[] {
  let bytes = 0;
  const end = rows.findIndex(
    (row) => (bytes += Buffer.byteLength(JSON.stringify(row)) + 1) > LARGEST_SAMPLE_BYTES,
  );
  return end < 0 ? rows : rows.slice(0, end);
}
