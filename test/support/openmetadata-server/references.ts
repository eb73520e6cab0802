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
export function referenced(property: string, value: unknown, store: Store): unknown {
  const kind = PARENTS[property];
  if (kind === undefined || typeof value !== 'string') return value;
  const parent = store.find(kind, value);
  if (parent === undefined) return value;
  const { id, name, fullyQualifiedName, deleted } = parent;
  return { id, type: kind, name, fullyQualifiedName, deleted };
}
