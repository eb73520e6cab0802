import type { EntityRecord } from '../../../foundation/src/domain/record.ts';
import type { EntityWriter } from './entity-writer.ts';
import { titled } from './entity.ts';
import { fingerprint, sourceHash } from './fingerprint.ts';
import type { ClassificationRecord, TagRecord } from './records.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';

/** Writes the parents of tables (the service, its databases and schemas), stored procedures, and the tags tables carry. */
export class ParentWriter {
  readonly #server: MetadataServer;
  readonly #entities: EntityWriter;
  readonly #index: TableIndex;

  constructor(server: MetadataServer, entities: EntityWriter, index: TableIndex) {
    this.#server = server;
    this.#entities = entities;
    this.#index = index;
  }

  /** Resolves with whether anything had to be written. */
  async put(record: EntityRecord, signal: AbortSignal): Promise<boolean> {
    return record.type === 'databaseService'
      ? this.#putService(record, signal)
      : this.#putContainer(record, signal);
  }

  /**
   * Leaves an existing service alone: the connection never leaves the network, and a PUT without it would erase the
   * connection configured in the catalog.
   */
  async #putService(record: EntityRecord, signal: AbortSignal): Promise<boolean> {
    const found = await this.#entities.find(record, signal);
    if (found === undefined) {
      await this.#entities.put(record, record.request, undefined, signal);
      return true;
    }
    if (found.entity.deleted) await this.#entities.restore(record, found.entity.id, signal);
    return (await this.#entities.override(record, record.request, signal)) || found.entity.deleted;
  }

  async #putContainer(record: EntityRecord, signal: AbortSignal): Promise<boolean> {
    const hash = sourceHash(fingerprint(record.request), []);
    const found = await this.#entities.find(record, signal);
    if (found === undefined && record.type === 'databaseSchema')
      this.#index.addEmptySchema(record.fqn);
    if (found?.entity.deleted === false && found.entity.sourceHash === hash)
      return this.#entities.override(record, record.request, signal);
    await this.#entities.put(record, { ...record.request, sourceHash: hash }, found, signal);
    return true;
  }

  async putClassification(
    { name, description }: ClassificationRecord,
    signal: AbortSignal,
  ): Promise<boolean> {
    return this.#make('/classifications', name, { name, description }, signal);
  }

  async putTag(
    { classification, name, description }: TagRecord,
    signal: AbortSignal,
  ): Promise<boolean> {
    return this.#make(
      '/tags',
      tagName(classification, name),
      { name, classification, description },
      signal,
    );
  }

  async #make(path: string, fqn: string, body: object, signal: AbortSignal): Promise<boolean> {
    const what = titled(path.slice(1), fqn);
    if (
      (await this.#server.find(`${path}/name/${encodeURIComponent(fqn)}`, what, signal)) !==
      undefined
    )
      return false;
    await this.#server.send({ method: 'PUT', path, what, body }, signal);
    return true;
  }
}

/** A tag's fully qualified name; parts with a dot or a quote are quoted. */
export function tagName(classification: string, name: string): string {
  return [classification, name]
    .map((part) => (/[."]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part))
    .join('.');
}
