import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { isGone } from '../sweep.ts';
import { ENTITY_PATHS } from './entity.ts';
import { listEntities } from './listing.ts';
import type { SweepRecord } from './records.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';

/** The query parameter that lists a type's collection by its parent. */
const PARENTS: Readonly<Record<SweepRecord['type'], string>> = {
  table: 'databaseSchema',
  storedProcedure: 'databaseSchema',
  databaseSchema: 'database',
  database: 'service',
};

/** Finds entities that the server has and the source no longer has. */
export class Sweeper {
  readonly #server: MetadataServer;
  readonly #index: TableIndex;
  readonly #logger: Logger;

  constructor(server: MetadataServer, index: TableIndex, logger: Logger) {
    this.#server = server;
    this.#index = index;
    this.#logger = logger;
  }

  /** Fully qualified names of the entities to delete. */
  async gone(record: SweepRecord, signal: AbortSignal): Promise<readonly string[]> {
    const { type, parent, keep } = record;
    if (keep.length === 0) {
      this.#logger.log('warn', 'sweep skipped: the source listing is empty', { type, parent });
      return [];
    }
    const test = isGone(record);
    return (await this.#present(type, parent, signal)).filter(test);
  }

  async #present(
    type: SweepRecord['type'],
    parent: string,
    signal: AbortSignal,
  ): Promise<string[]> {
    if (type === 'table')
      return [...(await this.#index.tables(parent, signal))]
        .filter(([, { deleted }]) => !deleted)
        .map(([fqn]) => fqn);
    const found: string[] = [];
    const path = `${ENTITY_PATHS[type]}?${PARENTS[type]}=${encodeURIComponent(parent)}`;
    for await (const { fullyQualifiedName, deleted } of listEntities(
      this.#server,
      path,
      `${type} list of "${parent}"`,
      signal,
    )) {
      if (!deleted && isIn(parent, fullyQualifiedName)) found.push(fullyQualifiedName);
    }
    return found;
  }
}

/** A server that does not know the query parameter lists its whole collection. */
function isIn(parent: string, fqn: string): boolean {
  return fqn.startsWith(`${parent}.`);
}
