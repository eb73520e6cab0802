export interface Entity {
  readonly service: string;
  readonly type: string;
  readonly fqn: string;
  readonly request: Readonly<Record<string, unknown>>;
  /** What OpenMetadata's create request has no place for. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** The run that last wrote the entity. */
  readonly runId: string;
  readonly attempt: number;
  readonly epoch: number;
  /** Of the last assignment that reported the entity, also as removed: see CatalogState. */
  readonly generation: number;
  readonly updatedAt: number;
  /** The last run that found the entity in the source, changed or not. */
  readonly seenBy: string;
  readonly seenAt: number;
  /** When the entity was found to be removed; null otherwise. */
  readonly deletedAt: number | null;
}

/** An entity to write: writing implies that it was seen and exists. */
export type NewEntity = Omit<Entity, 'seenBy' | 'seenAt' | 'deletedAt'>;

export interface EntityKey {
  readonly service: string;
  readonly type: string;
  readonly fqn: string;
}

/** Which run saw an entity, and when. */
export interface Sighting {
  readonly runId: string;
  readonly generation: number;
  readonly at: number;
}

/** The effect of a record. */
export interface Effect {
  /** False when a higher generation has reported the entity, which then takes precedence. */
  readonly applied: boolean;
  /** Whether the catalog has changed. */
  readonly changed: boolean;
}

export interface EntityRow {
  readonly fqn: string;
  readonly service: string;
  readonly type: string;
  readonly name: string;
  readonly displayName: string | null;
  readonly description: string | null;
  readonly deletedAt: number | null;
}

export interface TableRow extends EntityRow {
  readonly tableType: string | null;
  readonly columns: number;
}

export interface EntityFilter {
  readonly service?: string | undefined;
  /** Part of a name, display name or description. */
  readonly q?: string | undefined;
  /** The last fqn of the previous page. */
  readonly after?: string | undefined;
  /** Include deleted entities. */
  readonly deleted?: boolean | undefined;
  readonly limit: number;
}

export interface TypeCount {
  readonly service: string;
  readonly type: string;
  readonly count: number;
}

export interface EntityReads {
  tables(filter: EntityFilter): Promise<{ readonly tables: TableRow[]; readonly total: number }>;
  table(fqn: string): Promise<Entity | undefined>;
  get(key: EntityKey): Promise<Entity | undefined>;
  /** Entities of one type by name. */
  ofType(
    type: string,
    filter: EntityFilter,
  ): Promise<{ readonly entities: EntityRow[]; readonly total: number }>;
  /** Code with the object among the `objects` of its properties, by fqn, without deleted code. */
  codeFor(service: string, object: string): Promise<EntityRow[]>;
  /** Number of entities by service and type, without deleted ones. */
  types(): Promise<TypeCount[]>;
}

export interface EntityWrites {
  /** Deletes all entities of a service. */
  drop(service: string): Promise<void>;
  /** Restores a deleted entity. `first`: the assignment had not sent this entity before. */
  upsert(entity: NewEntity): Promise<Effect & { readonly first: boolean }>;
  /** Restores a deleted entity. `known`: the entity exists. */
  seen(key: EntityKey, by: Sighting): Promise<Effect & { readonly known: boolean }>;
  /**
   * Marks an entity and everything below it as deleted, except where a higher generation reported
   * it. Returns the number of entities newly deleted.
   */
  remove(key: EntityKey, by: Omit<Sighting, 'runId'>): Promise<number>;
  /** Fqns of the children of one type, without deleted ones. */
  childrenOf(parent: Omit<EntityKey, 'fqn'> & { readonly parent: string }): Promise<string[]>;
}
