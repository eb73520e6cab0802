import { randomUUID } from 'node:crypto';
import { ChangeEvents } from './change-events.ts';
import { apply, type Operation } from './json-patch.ts';
import { check } from './request-checks.ts';
import { keepCurated, keepProperties, mergeTags } from './merging.ts';
import { notFound, Problem } from './problem.ts';
import { checkTable, list } from './table-rules.ts';
import { nextVersion, rounded } from './versions.ts';

export type Json = Record<string, unknown>;
export type Kind =
  | 'databaseService'
  | 'database'
  | 'databaseSchema'
  | 'table'
  | 'storedProcedure'
  | 'classification'
  | 'tag'
  | 'user';

export interface Entity extends Json {
  readonly id: string;
  readonly fullyQualifiedName: string;
  deleted: boolean;
  version: number;
}

/** The property of a create request that names the parent, and the parent's kind. */
const PARENTS: Readonly<Partial<Record<Kind, readonly [property: string, kind: Kind]>>> = {
  database: ['service', 'databaseService'],
  databaseSchema: ['database', 'database'],
  table: ['databaseSchema', 'databaseSchema'],
  storedProcedure: ['databaseSchema', 'databaseSchema'],
  tag: ['classification', 'classification'],
};

export interface Put {
  readonly entity: Entity;
  readonly created: boolean;
}

/** Entities as OpenMetadata stores them, with the rules that a client observes. */
export class Store {
  readonly #entities = new Map<Kind, Map<string, Entity>>();
  readonly events = new ChangeEvents();
  /** Whether the caller is a bot, whose PUT keeps the edits of people. */
  bot = true;

  /** What is done meanwhile is done by a person. */
  asPerson<T>(work: () => T): T {
    const before = this.bot;
    this.bot = false;
    try {
      return work();
    } finally {
      this.bot = before;
    }
  }

  /** Returns what puts the entities and events back that are here now. */
  backUp(): () => void {
    const entities = structuredClone(this.#entities);
    const restoreEvents = this.events.backUp();
    return () => {
      this.#entities.clear();
      for (const [kind, known] of structuredClone(entities)) this.#entities.set(kind, known);
      restoreEvents();
    };
  }

  all(kind: Kind): readonly Entity[] {
    return [...this.#of(kind).values()];
  }

  get(kind: Kind, fqn: string): Entity {
    const entity = this.#of(kind).get(fqn);
    if (entity === undefined) throw notFound(kind, fqn);
    return entity;
  }

  find(kind: Kind, fqn: string): Entity | undefined {
    return this.#of(kind).get(fqn);
  }

  byId(kind: Kind, id: string): Entity {
    const entity = this.all(kind).find((candidate) => candidate.id === id);
    if (entity === undefined) throw notFound(kind, id);
    return entity;
  }

  put(kind: Kind, request: Json): Put {
    return this.save(kind, this.checked(kind, request), request);
  }

  /** The second half of a put, after all checks. */
  save(kind: Kind, fqn: string, given: Json): Put {
    const request = inLowerCase(given);
    const stored = this.#of(kind).get(fqn);
    const entity =
      stored === undefined ? this.#create(fqn, request) : this.#update(stored, request);
    this.#of(kind).set(fqn, entity);
    this.events.saved(kind, stored, entity);
    return { entity, created: stored === undefined };
  }

  /**
   * The first half of a put: the checks that precede every creation in a bulk request. Returns the
   * fully qualified name.
   */
  checked(kind: Kind, request: Json): string {
    check(kind, request);
    const fqn = this.nameOf(kind, request);
    this.#checkReferences(request);
    return fqn;
  }

  /** JSON patch, in place. */
  patch(entity: Entity, operations: readonly Operation[]): Entity {
    for (const operation of operations) apply(entity, operation);
    this.#checkReferences(entity);
    entity.version = rounded(entity.version + 0.1);
    this.events.patched(this.#kindOf(entity), entity, operations);
    return entity;
  }

  hardDelete(kind: Kind, fqn: string, recursive: boolean): Entity {
    const entity = this.get(kind, fqn);
    for (const entities of this.#entities.values())
      for (const name of entities.keys()) {
        if (!name.startsWith(`${fqn}.`)) continue;
        if (!recursive) throw new Problem(400, `${kind} is not empty`);
        entities.delete(name);
      }
    this.#of(kind).delete(fqn);
    this.events.add('entityDeleted', kind, fqn);
    return entity;
  }

  softDelete(kind: Kind, fqn: string, recursive: boolean): Entity {
    const entity = this.get(kind, fqn);
    if (entity.deleted) throw notFound(kind, fqn);
    for (const below of ['database', 'databaseSchema', 'table'] as const) {
      const children = this.all(below).filter(
        (child) => child.fullyQualifiedName.startsWith(`${fqn}.`) && !child.deleted,
      );
      if (children.length > 0 && !recursive) throw new Problem(400, `${kind} is not empty`);
      for (const child of children) child.deleted = true;
    }
    entity.deleted = true;
    this.events.add('entitySoftDeleted', kind, fqn);
    return entity;
  }

  #kindOf(entity: Entity): string {
    const fqn = entity.fullyQualifiedName;
    return [...this.#entities].find(([, known]) => known.get(fqn) === entity)?.[0] ?? 'table';
  }

  #of(kind: Kind): Map<string, Entity> {
    const known = this.#entities.get(kind) ?? new Map<string, Entity>();
    this.#entities.set(kind, known);
    return known;
  }

  /** Throws Problem when the parent does not exist. */
  nameOf(kind: Kind, request: Json): string {
    const name = quoted(String(request['name']));
    const parent = PARENTS[kind];
    if (parent === undefined) return name;
    const above = this.get(parent[1], String(request[parent[0]]));
    if (above.deleted) throw notFound(parent[1], above.fullyQualifiedName);
    return `${above.fullyQualifiedName}.${name}`;
  }

  #create(fqn: string, request: Json): Entity {
    return {
      ...structuredClone(request),
      id: randomUUID(),
      fullyQualifiedName: fqn,
      deleted: false,
      version: 0.1,
    };
  }

  #update(stored: Entity, request: Json): Entity {
    const updated: Entity = {
      ...structuredClone(request),
      id: stored.id,
      fullyQualifiedName: stored.fullyQualifiedName,
      deleted: false,
      version: stored.version,
    };
    mergeTags(updated, stored);
    keepProperties(updated, stored);
    if (this.bot) keepCurated(updated, stored);
    if (updated['connection'] === undefined && stored['connection'] !== undefined)
      updated['connection'] = stored['connection'];
    updated.version = nextVersion(stored, updated);
    return updated;
  }

  /**
   * Tags and the targets of foreign keys must exist; deleted ones count as existing, as on a
   * server.
   */
  #checkReferences(request: Json): void {
    checkTable(request, (table) => {
      const stored = this.#of('table').get(table);
      return stored === undefined
        ? undefined
        : new Set(list(stored['columns']).map(({ name }) => String(name)));
    });
    const labels = [request, ...list(request['columns'])].flatMap((part) => list(part['tags']));
    for (const { tagFQN } of labels) this.get('tag', String(tagFQN));
  }
}

/** A server keeps the display of a type in lower case. */
function inLowerCase(given: Json): Json {
  const { dataTypeDisplay, columns, children } = given;
  return {
    ...given,
    ...(typeof dataTypeDisplay === 'string'
      ? { dataTypeDisplay: dataTypeDisplay.toLowerCase() }
      : {}),
    ...(Array.isArray(columns) ? { columns: list(columns).map(inLowerCase) } : {}),
    ...(Array.isArray(children) ? { children: list(children).map(inLowerCase) } : {}),
  };
}

export function quoted(name: string): string {
  return /[."]/.test(name) ? `"${name.replaceAll('"', String.raw`\"`)}"` : name;
}
