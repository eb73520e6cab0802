import { isJson } from '../../../foundation/src/domain/json.ts';
import type { EntityRecord } from '../../../foundation/src/domain/record.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { fullyQualifiedName } from '../names.ts';
import type { EntityWriter } from './entity-writer.ts';
import { titled, type StoredEntity } from './entity.ts';
import { fingerprint, sourceHash } from './fingerprint.ts';
import type { ListedEntity } from './listing.ts';
import type { ProcedureIndex } from './procedure-index.ts';
import type { ClassificationRecord, TagRecord } from './records.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';

export interface ParentWriterDeps {
  readonly server: MetadataServer;
  readonly entities: EntityWriter;
  readonly index: TableIndex;
  readonly procedures: ProcedureIndex;
  readonly logger: Logger;
  /** The connection of a service that is created, without secrets. */
  readonly serviceConnection: () => Readonly<Record<string, unknown>> | undefined;
}

/**
 * Writes the parents of tables (the service, its databases and schemas), stored procedures, and the
 * tags tables carry.
 */
export class ParentWriter {
  readonly #deps: ParentWriterDeps;

  constructor(deps: ParentWriterDeps) {
    this.#deps = deps;
  }

  /** Resolves with whether anything had to be written. */
  async put(record: EntityRecord, signal: AbortSignal): Promise<boolean> {
    switch (record.type) {
      case 'databaseService':
        return this.#putService(record, signal);
      case 'storedProcedure':
        return this.#putProcedure(record, signal);
      default:
        return this.#putContainer(record, signal);
    }
  }

  /**
   * Leaves an existing service alone: its connection in the catalog belongs to its users.
   */
  async #putService(record: EntityRecord, signal: AbortSignal): Promise<boolean> {
    const { entities } = this.#deps;
    const found = await entities.find(record, signal);
    if (found === undefined) {
      await this.#createService(record, signal);
      return true;
    }
    if (found.deleted) await entities.restore(record, found.id, signal);
    return (await entities.override(record, record.request, signal)) || found.deleted;
  }

  /**
   * Without a connection if the server rejects it, for example because of a field that its version
   * does not have.
   */
  async #createService(record: EntityRecord, signal: AbortSignal): Promise<void> {
    const { entities, serviceConnection, logger } = this.#deps;
    const put = async (request: EntityRecord['request']): Promise<void> =>
      void (await entities.put(record, request, undefined, signal));
    const config = serviceConnection();
    if (config === undefined) return put(record.request);
    try {
      await put({ ...record.request, connection: { config } });
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (error.code !== 'SINK_REJECTED') throw error;
      logger.log('info', 'server rejected the connection; service created without one');
      await put(record.request);
    }
  }

  async #putContainer(record: EntityRecord, signal: AbortSignal): Promise<boolean> {
    const { entities, index, procedures } = this.#deps;
    const found = await entities.find(record, signal);
    if (found === undefined && record.type === 'databaseSchema') {
      index.addEmptySchema(record.fqn);
      procedures.addEmptySchema(record.fqn);
    }
    return this.#putHashed(record, hashOf(record), found, signal);
  }

  async #putProcedure(record: EntityRecord, signal: AbortSignal): Promise<boolean> {
    const { entities, procedures } = this.#deps;
    const hash = hashOf(record);
    const known = entities.overrides ? 'unlisted' : await procedures.get(record.fqn, signal);
    if (known !== undefined && known !== 'unlisted' && isUnchanged(record, hash, known))
      return false;
    const found = known === undefined ? undefined : await entities.find(record, signal);
    return this.#putHashed(record, hash, found, signal);
  }

  async #putHashed(
    record: EntityRecord,
    hash: string,
    found: StoredEntity | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { entities } = this.#deps;
    if (found !== undefined && isUnchanged(record, hash, found))
      return entities.override(record, record.request, signal);
    await entities.put(record, { ...record.request, sourceHash: hash }, found, signal);
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
      fullyQualifiedName(classification, name),
      { name, classification, description },
      signal,
    );
  }

  async #make(path: string, fqn: string, body: object, signal: AbortSignal): Promise<boolean> {
    const { server } = this.#deps;
    const what = titled(path.slice(1), fqn);
    if ((await server.find(`${path}/name/${encodeURIComponent(fqn)}`, what, signal)) !== undefined)
      return false;
    await server.send({ method: 'PUT', path, what, body }, signal);
    return true;
  }
}

/** Whether the server has what was sent of this source, and its code has not changed since. */
function isUnchanged({ request }: EntityRecord, hash: string, stored: ListedEntity): boolean {
  const { deleted, sourceHash: known, storedProcedureCode: code } = stored;
  if (deleted || known !== hash) return false;
  return code?.code === undefined || code.code === codeOf(request);
}

function codeOf({ storedProcedureCode: code }: EntityRecord['request']): unknown {
  return isJson(code) ? code['code'] : undefined;
}

function hashOf({ request }: EntityRecord): string {
  return sourceHash(fingerprint(request), []);
}
