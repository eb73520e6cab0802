import type { EntityRecord } from '../../../foundation/src/domain/record.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { EntityWriter } from './entity-writer.ts';
import type { ConcurrencyLimit } from './concurrency-limit.ts';
import type { LineageWriter } from './lineage-writer.ts';
import type { ParentWriter } from './parent-writer.ts';
import type { DeletionRecord, ProfileRecord, SinkRecord, SweepRecord } from './records.ts';
import { putSample, sampleOf } from './sample-writer.ts';
import type { MetadataServer } from './server.ts';
import type { Sweeper } from './sweeper.ts';
import type { TableIndex } from './table-index.ts';
import type { TableWriter } from './table-writer.ts';
import type { WriteSummary } from './write-summary.ts';

export interface RecordWriterDeps {
  readonly server: MetadataServer;
  readonly entities: EntityWriter;
  readonly index: TableIndex;
  readonly summary: WriteSummary;
  readonly concurrency: ConcurrencyLimit;
  readonly tables: TableWriter;
  readonly parents: ParentWriter;
  readonly lineage: LineageWriter;
  readonly sweeper: Sweeper;
  readonly logger: Logger;
}

/** Passes each record to its writer, and keeps records behind those they depend on. */
export class RecordWriter {
  readonly #deps: RecordWriterDeps;
  #phase = '';

  constructor(deps: RecordWriterDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves when the next record may be written. Counts rejected records; throws an error that
   * ends the run.
   */
  async write(record: SinkRecord, signal: AbortSignal): Promise<void> {
    const { tables, parents, server, index } = this.#deps;
    const phase = record.kind === 'entity' ? record.type : record.kind;
    if (phase !== 'classification' && phase !== 'tag') await this.#enter(phase, signal);
    switch (record.kind) {
      case 'entity':
        return record.type === 'table'
          ? tables.add(record, signal)
          : record.type === 'storedProcedure'
            ? this.#addCode(record, signal)
            : this.#putParent(record, signal);
      case 'classification':
        return this.#make(record.name, () => parents.putClassification(record, signal), signal);
      case 'tag':
        return this.#make(
          `${record.classification}.${record.name}`,
          () => parents.putTag(record, signal),
          signal,
        );
      case 'lineage':
        return this.#deps.lineage.add(record, signal);
      case 'lineageSweep':
        return this.#deps.lineage.sweep(record, signal);
      case 'profile':
        return this.#addProfile(record, signal);
      case 'sampleData':
        return this.#start(sampleOf(record.table), 'samples', signal, () =>
          putSample(record, server, index, signal),
        );
      case 'deletion':
        return this.#delete(record, signal);
      case 'sweep':
        return this.#sweep(record, signal);
    }
  }

  /** Resolves when every record has arrived or failed. Called after the last record. */
  async complete(signal: AbortSignal): Promise<void> {
    const { tables, concurrency, lineage } = this.#deps;
    await lineage.flush(signal);
    await tables.complete(signal);
    await concurrency.settle();
  }

  /**
   * Records of one kind may overtake each other; records of the next kind depend on them and wait
   * until they have arrived. Tags depend on no record under way, so they arrive between tables
   * without a wait.
   */
  async #enter(phase: string, signal: AbortSignal): Promise<void> {
    const { tables, concurrency, lineage } = this.#deps;
    if (phase === this.#phase) return;
    this.#phase = phase;
    await lineage.flush(signal);
    await tables.flush(signal);
    await concurrency.settle();
  }

  /** No table can be written without its schema, so a failure ends the run. */
  async #putParent(record: EntityRecord, signal: AbortSignal): Promise<void> {
    const { parents, summary } = this.#deps;
    summary.count((await parents.put(record, signal)) ? 'written' : 'unchanged');
  }

  async #make(name: string, make: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    let made = false;
    await this.#deps.summary.attempt(name, 'tags', signal, async () => {
      made = await make();
    });
    if (!made) return;
    this.#deps.logger.log('debug', 'created tag or classification', { name });
  }

  async #addCode(record: EntityRecord, signal: AbortSignal): Promise<void> {
    await this.#start(record.fqn, 'storedProcedures', signal, async () => {
      await this.#deps.parents.put(record, signal);
    });
  }

  async #addProfile({ table, request }: ProfileRecord, signal: AbortSignal): Promise<void> {
    const { index, server } = this.#deps;
    const what = `profile of "${table}"`;
    await this.#start(what, 'profiles', signal, async () => {
      await server.send(
        {
          method: 'PUT',
          path: `/tables/${await index.id(table, signal)}/tableProfile`,
          what,
          body: request,
        },
        signal,
      );
    });
  }

  async #delete(
    { type, fqn }: Pick<DeletionRecord | SweepRecord, 'type'> & { readonly fqn: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { index, entities } = this.#deps;
    await this.#start(fqn, 'deleted', signal, async () => {
      await entities.softDelete({ type, fqn }, signal);
      if (type !== 'storedProcedure') await index.deleted(fqn, type === 'table', signal);
    });
  }

  async #sweep(record: SweepRecord, signal: AbortSignal): Promise<void> {
    for (const fqn of await this.#deps.sweeper.gone(record, signal))
      await this.#delete({ type: record.type, fqn }, signal);
  }

  async #start(
    name: string,
    counted: Parameters<WriteSummary['attempt']>[1],
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    const { concurrency, summary } = this.#deps;
    await concurrency.start(() => summary.attempt(name, counted, signal, work));
  }
}
