import type { EntityRecord } from '../../domain/record.ts';
import type { Logger } from '../../observability/logger.ts';
import type { EntityWriter } from './entity-writer.ts';
import type { Lanes } from './concurrency-limit.ts';
import type { LineageWriter } from './lineage-writer.ts';
import type { ParentWriter } from './parent-writer.ts';
import type { DeletionRecord, ProfileRecord, SinkRecord, SweepRecord } from './records.ts';
import { putSample, sampleOf } from './sample-writer.ts';
import type { MetadataServer } from './server.ts';
import type { Sweeper } from './sweeper.ts';
import type { TableIndex } from './table-index.ts';
import type { TableWriter } from './table-writer.ts';
import type { Tally } from './write-summary.ts';

export interface RecordWriterParts {
  readonly server: MetadataServer;
  readonly entities: EntityWriter;
  readonly index: TableIndex;
  readonly tally: Tally;
  readonly lanes: Lanes;
  readonly tables: TableWriter;
  readonly parents: ParentWriter;
  readonly lineage: LineageWriter;
  readonly sweeper: Sweeper;
  readonly logger: Logger;
}

/** Brings each kind of record to whoever writes it, and sees to it that none arrives before what it needs. */
export class RecordWriter {
  readonly #parts: RecordWriterParts;
  #phase = '';

  constructor(parts: RecordWriterParts) {
    this.#parts = parts;
  }

  /** Resolves when the next record may come. What is refused is counted; throws what ends the run. */
  async write(record: SinkRecord, signal: AbortSignal): Promise<void> {
    const { tables, parents, server, index } = this.#parts;
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
        return this.#parts.lineage.add(record, signal);
      case 'lineageSweep':
        return this.#parts.lineage.sweep(record, signal);
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

  /** Resolves when everything has arrived or failed; no record comes any more. */
  async complete(signal: AbortSignal): Promise<void> {
    const { tables, lanes, lineage } = this.#parts;
    await lineage.flush(signal);
    await tables.complete(signal);
    await lanes.settle();
  }

  /**
   * Records of one kind may overtake each other; those of the next kind build on them, and wait until they have arrived.
   * Tags build on nothing that could be on its way: they come between tables and hold nothing up.
   */
  async #enter(phase: string, signal: AbortSignal): Promise<void> {
    const { tables, lanes, lineage } = this.#parts;
    if (phase === this.#phase) return;
    this.#phase = phase;
    await lineage.flush(signal);
    await tables.flush(signal);
    await lanes.settle();
  }

  /** Without its schema no table can be put, so that a failure here ends the run. */
  async #putParent(record: EntityRecord, signal: AbortSignal): Promise<void> {
    const { parents, tally } = this.#parts;
    tally.count((await parents.put(record, signal)) ? 'written' : 'unchanged');
  }

  async #make(name: string, make: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    let made = false;
    await this.#parts.tally.attempt(name, 'tags', signal, async () => {
      made = await make();
    });
    if (!made) return;
    this.#parts.logger.log('debug', 'a tag or classification was made', { name });
  }

  async #addCode(record: EntityRecord, signal: AbortSignal): Promise<void> {
    await this.#start(record.fqn, 'storedProcedures', signal, async () => {
      await this.#parts.parents.put(record, signal);
    });
  }

  async #addProfile({ table, request }: ProfileRecord, signal: AbortSignal): Promise<void> {
    const { index, server } = this.#parts;
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
    const { index, entities } = this.#parts;
    await this.#start(fqn, 'deleted', signal, async () => {
      await entities.softDelete({ type, fqn }, signal);
      if (type !== 'storedProcedure') await index.deleted(fqn, type === 'table', signal);
    });
  }

  async #sweep(record: SweepRecord, signal: AbortSignal): Promise<void> {
    for (const fqn of await this.#parts.sweeper.gone(record, signal))
      await this.#delete({ type: record.type, fqn }, signal);
  }

  async #start(
    name: string,
    counted: Parameters<Tally['attempt']>[1],
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    const { lanes, tally } = this.#parts;
    await lanes.start(() => tally.attempt(name, counted, signal, work));
  }
}
