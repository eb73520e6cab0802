import type { Entity, Json, Kind, Store } from './store.ts';

const PARENTS: Readonly<Record<string, Kind>> = {
  service: 'databaseService',
  database: 'database',
  databaseSchema: 'databaseSchema',
  classification: 'classification',
};

export function withReferences(entity: Entity, store: Store): Json {
  return Object.fromEntries(
    Object.entries(entity).map(([name, value]) => [name, referenced(name, value, store)]),
  );
}

/** Parents are named in requests, and referred to in answers. */
function referenced(property: string, value: unknown, store: Store): unknown {
  const kind = PARENTS[property];
  if (kind === undefined || typeof value !== 'string') return value;
  const parent = store.find(kind, value);
  if (parent === undefined) return value;
  const { id, name, fullyQualifiedName, deleted } = parent;
  return { id, type: kind, name, fullyQualifiedName, deleted };
}

/** Fields returned only on request. */
const ON_REQUEST = ['owners', 'domains', 'tags', 'sourceHash', 'tableConstraints'];

/** An entity as an answer shows it. */
export function shown(entity: Entity, query: URLSearchParams, store: Store): Json {
  const requested = (query.get('fields') ?? '').split(',');
  return Object.fromEntries(
    Object.entries(entity)
      .filter(([name]) => !ON_REQUEST.includes(name) || requested.includes(name))
      .map(([name, value]) => [name, referenced(name, value, store)]),
  );
}
