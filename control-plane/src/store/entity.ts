export interface Entity {
  readonly service: string;
  readonly type: string;
  readonly fqn: string;
  readonly request: Readonly<Record<string, unknown>>;
  /** What OpenMetadata's create request has no place for. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** Who wrote it last. */
  readonly runId: string;
  readonly attempt: number;
  readonly epoch: number;
  /** Of the last that told of it, also that it is gone: see CatalogState. */
  readonly generation: number;
  readonly updatedAt: number;
  /** The last run that found it in the source, whether it had changed or not. */
  readonly seenBy: string;
  readonly seenAt: number;
  /** When it was found to be gone; null while it is there. */
  readonly deletedAt: number | null;
}

/** An entity as it is written: being written, it is seen, and it is there. */
export type NewEntity = Omit<Entity, 'seenBy' | 'seenAt' | 'deletedAt'>;

export interface EntityKey {
  readonly service: string;
  readonly type: string;
  readonly fqn: string;
}

/** What has been noticed about an entity, when, and by which run. */
export interface Sighting {
  readonly runId: string;
  readonly generation: number;
  readonly at: number;
}

/** What became of a record about an entity. */
export interface Effect {
  /** False when a higher generation has told of the entity: then that stays. */
  readonly applied: boolean;
  /** Whether the catalog says something else now. */
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
  /** The last name of the page before. */
  readonly after?: string | undefined;
  /** Also what is gone. */
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
  /** Code that names an object among the `objects` of its properties, by name; what is gone left out. */
  codeFor(service: string, object: string): Promise<EntityRow[]>;
  /** How many of each type each service has; what is gone not counted. */
  types(): Promise<TypeCount[]>;
}

export interface EntityWrites {
  /** Forgets all entities of a service. */
  drop(service: string): Promise<void>;
  /** `first` tells whether the run's assignment had not sent this entity before. What was gone is there again. */
  upsert(entity: NewEntity): Promise<Effect & { readonly first: boolean }>;
  /** `known` tells whether there is such an entity. What was gone is there again. */
  seen(key: EntityKey, by: Sighting): Promise<Effect & { readonly known: boolean }>;
  /** Removes an entity and all that is in it, except what a higher generation told; the number of those that were there until now. */
  remove(key: EntityKey, by: Omit<Sighting, 'runId'>): Promise<number>;
  /** Names of what a parent has of a type, without what is gone. */
  within(parent: Omit<EntityKey, 'fqn'> & { readonly parent: string }): Promise<string[]>;
}
