import type {
  EntityRecord,
  LineageRecord,
  LineageSweepRecord,
  ProfileRecord,
  SampleDataRecord,
  SweepRecord,
} from '../../../../foundation/src/domain/record.ts';
import { entityName, fullyQualifiedName } from '../../../../openmetadata/src/names.ts';
import type { Table } from '../mapping/table.ts';
import { profileColumnsOf, type ProfileColumn } from '../profiling/profile-columns.ts';
import { Sampler } from '../profiling/sample-rows.ts';
import type { ReadCode } from '../setup/code.ts';
import { codeRecords, readRunCode } from './code-records.ts';
import type { FinalizeDeps } from './finalize-deps.ts';
import { lineageRecords } from './lineage-records.ts';
import { profileRecords, readRunCounts } from './profile-records.ts';
import type { RecordCounts } from '../profiling/record-counts.ts';
import { SentTables } from './sent-tables.ts';
import { sweepsOf } from './sweeps.ts';

type FinalRecord =
  | EntityRecord
  | LineageRecord
  | LineageSweepRecord
  | ProfileRecord
  | SampleDataRecord
  | SweepRecord;

/**
 * The records that follow the tables because they depend on all of them: code, lineage, profiles,
 * samples, sweeps.
 */
export class AfterTables {
  readonly #deps: FinalizeDeps;
  readonly #tables = new SentTables();
  /** Empty unless profiles are requested. */
  readonly #profilable = new Map<string, readonly ProfileColumn[]>();
  readonly #sampler: Sampler | undefined;
  #code: Promise<ReadCode> | undefined;
  #counts: Promise<RecordCounts> | undefined;

  constructor(deps: FinalizeDeps) {
    this.#deps = deps;
    this.#sampler = createSampler(deps);
  }

  /**
   * Call it for each table that is sent. `partial`: a transient error withheld a part of the table.
   */
  add(object: string, table: Table, partial: boolean): void {
    this.#tables.add(object, table, partial);
    if (this.#deps.options.profileCalls > 0) this.#profilable.set(object, profileColumnsOf(table));
    this.#sampler?.add(object, table);
  }

  /**
   * Begins to read what depends on no table. May be called at any time before `records`, which
   * otherwise reads it. `code`: whether the run will have read all objects.
   */
  begin({ code }: { readonly code: boolean }, signal: AbortSignal): void {
    if (code && this.#deps.options.includeStoredProcedures) void this.#readCode(signal);
    void this.#readCounts(signal);
  }

  /**
   * Called once, after the last table. `readAll`: the run has read all objects, which code and
   * lineage depend on.
   */
  async *records(
    signal: AbortSignal,
    readAll: boolean,
  ): AsyncGenerator<FinalRecord, void, undefined> {
    this.#logCutPicklists();
    let code: readonly string[] | undefined;
    if (readAll) {
      code = yield* codeRecords(this.#deps, this.#tables, () => this.#readCode(signal));
      // It may be large.
      this.#code = undefined;
      yield* lineageRecords(this.#deps, this.#tables);
    }
    yield* profileRecords(
      this.#deps,
      this.#tables,
      this.#profilable,
      () => this.#readCounts(signal),
      signal,
    );
    yield* this.#samples(signal);
    yield* this.#sweeps(code);
  }

  #readCode(signal: AbortSignal): Promise<ReadCode> {
    return (this.#code ??= awaitedLater(readRunCode(this.#deps, signal)));
  }

  #readCounts(signal: AbortSignal): Promise<RecordCounts> {
    return (this.#counts ??= awaitedLater(readRunCounts(this.#deps, signal)));
  }

  #logCutPicklists(): void {
    const { cutPicklists } = this.#tables;
    if (cutPicklists.length > 0)
      this.#deps.context.logger.log(
        'info',
        'picklists truncated: more values than a table can hold',
        { picklists: cutPicklists.length, firstCut: cutPicklists.slice(0, 10) },
      );
  }

  async *#samples(signal: AbortSignal): AsyncGenerator<SampleDataRecord, void, undefined> {
    if (this.#sampler === undefined) return;
    for await (const record of this.#sampler.samples(signal)) {
      this.#deps.context.count('samples', 1);
      yield record;
    }
  }

  *#sweeps(code: readonly string[] | undefined): Generator<SweepRecord, void, undefined> {
    const { databaseSchema, listed, options, objectNames } = this.#deps;
    if (listed === undefined) return;
    const tables = listed.map(
      (name) => `${databaseSchema}.${fullyQualifiedName(entityName(name))}`,
    );
    yield* sweepsOf({ databaseSchema, tables, code, objectNames }, options);
  }
}

/** A failure counts for whoever awaits the result, if anybody does. */
function awaitedLater<T>(result: Promise<T>): Promise<T> {
  result.catch(() => undefined);
  return result;
}

function createSampler({
  api,
  version,
  context: { logger, cut },
  options: { sampleRows },
}: FinalizeDeps): Sampler | undefined {
  return sampleRows === undefined
    ? undefined
    : new Sampler({ api, version, logger, cut, ...sampleRows });
}
