import { parentOf } from '../names.ts';
import { ENTITY_PATHS } from './entity.ts';
import { listEntities, type ListedEntity } from './listing.ts';
import type { MetadataServer } from './server.ts';

/** From this number on, listing the procedures of a schema is cheaper than single requests. */
const MIN_TO_LIST = 20;

/** `unlisted`: ask for the procedure itself. Undefined: the server does not have it. */
export type IndexedProcedure = ListedEntity | 'unlisted' | undefined;

/** The stored procedures on the server by name, listed per schema when a run has many. */
export class ProcedureIndex {
  readonly #server: MetadataServer;
  readonly #schemas = new Map<string, Promise<ReadonlyMap<string, ListedEntity>>>();
  #asked = 0;

  constructor(server: MetadataServer) {
    this.#server = server;
  }

  /** Notes a schema that was just created: it has no procedures to list. */
  addEmptySchema(schema: string): void {
    this.#schemas.set(schema, Promise.resolve(new Map()));
  }

  /** As the server had it when this run first asked. */
  async get(fqn: string, signal: AbortSignal): Promise<IndexedProcedure> {
    const schema = parentOf(fqn);
    this.#asked += 1;
    if (!this.#schemas.has(schema) && this.#asked < MIN_TO_LIST) return 'unlisted';
    const listing = this.#schemas.get(schema) ?? this.#list(schema, signal);
    this.#schemas.set(schema, listing);
    listing.catch(() => this.#schemas.delete(schema));
    return (await listing).get(fqn);
  }

  async #list(schema: string, signal: AbortSignal): Promise<ReadonlyMap<string, ListedEntity>> {
    const found = new Map<string, ListedEntity>();
    const query = `databaseSchema=${encodeURIComponent(schema)}&fields=sourceHash`;
    const path = `${ENTITY_PATHS.storedProcedure}?${query}`;
    const what = `stored procedures of "${schema}"`;
    for await (const entity of listEntities(this.#server, path, what, signal))
      found.set(entity.fullyQualifiedName, entity);
    return found;
  }
}
