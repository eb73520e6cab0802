import { applyPatch } from './json-patch.ts';
import { notFound, Problem } from './problem.ts';
import { addLineage, deleteLineage, upstream } from './lineage-routes.ts';
import { shown, withReferences } from './references.ts';
import { masked, unmasked, withDefaults } from './secrets.ts';
import type { Entity, Json, Kind, Put, Store } from './store.ts';
import type { Reply, Request, ServerState } from './server-state.ts';
import { latestProfile, putProfile, putSample } from './table-data-routes.ts';
import { assertPermitted, permissionsOf } from './bot-policy.ts';
import { removedColumns, withoutColumns } from './versions.ts';

const BACKGROUND_MS = 20;

const COLLECTIONS: Readonly<Record<string, Kind>> = {
  'services/databaseServices': 'databaseService',
  databases: 'database',
  databaseSchemas: 'databaseSchema',
  tables: 'table',
  storedProcedures: 'storedProcedure',
  classifications: 'classification',
  tags: 'tag',
  users: 'user',
};

/** Responds as OpenMetadata's REST API does. Throws Problem. */
export function route(request: Request, store: Store, state: ServerState): Reply {
  const { method, parts } = request;
  if (method === 'PUT' && parts[0] === 'lineage') return addLineage(request.body, store, state);
  if (method === 'DELETE' && parts[0] === 'lineage') return deleteLineage(parts, store, state);
  if (method === 'GET' && parts[0] === 'lineage') return upstream(parts[3] ?? '', store, state);
  if (method === 'GET' && parts[0] === 'permissions')
    return { status: 200, body: permissionsOf(parts[1] ?? '', store.bot) };
  if (method === 'GET' && parts[0] === 'events') return store.events.list(request.query);
  const depth = parts[0] === 'services' ? 2 : 1;
  const kind = COLLECTIONS[parts.slice(0, depth).join('/')];
  if (kind === undefined) throw new Problem(404, 'HTTP 404 Not Found');
  const rest = parts.slice(depth);
  if (rest.length === 0) return collection(kind, request, store, state);
  if (method === 'PUT' && rest[0] === 'restore') return restore(kind, request.body, store);
  if (method === 'PUT' && rest[0] === 'bulk') return bulk(request, store, state);
  if (method === 'PUT' && rest[1] === 'tableProfile')
    return putProfile(rest[0]!, request.body, store, state);
  if (method === 'GET' && rest[1] === 'tableProfile') return latestProfile(rest[0]!, store, state);
  if (method === 'PUT' && rest[1] === 'sampleData')
    return putSample(rest[0]!, request.body, store, state);
  if (method === 'GET' && kind === 'table' && state.unfinished.has(rest[1] ?? ''))
    throw new Problem(500, 'Entity type table does not have expected relationship contains');
  const entity = rest[0] === 'name' ? store.get(kind, rest[1] ?? '') : store.byId(kind, rest[0]!);
  return single(kind, entity, request, store);
}

/** Services have a connection: with the schema's defaults, its secrets masked for people. */
export function withConnection(request: Request, store: Store): Request {
  const body = request.body as Json | undefined;
  const config = (body?.['connection'] as Json | undefined)?.['config'] as Json | undefined;
  if (config === undefined || request.parts[1] !== 'databaseServices') return request;
  const stored = store.find('databaseService', String(body!['name']));
  const known = (stored?.['connection'] as Json | undefined)?.['config'] as Json | undefined;
  const connection = { config: withDefaults(unmasked(config, known)) };
  return { ...request, body: { ...body, connection } };
}

export function maskedFor(bot: boolean, { body, ...reply }: Reply): Reply {
  const mask = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const { connection, data } = value as Json;
    if (Array.isArray(data)) return { ...value, data: data.map(mask) };
    const config = (connection as Json | undefined)?.['config'] as Json | undefined;
    return config === undefined ? value : { ...value, connection: { config: masked(config) } };
  };
  return { ...reply, body: bot ? body : mask(body) };
}

function collection(
  kind: Kind,
  { method, body, query }: Request,
  store: Store,
  state: ServerState,
): Reply {
  if (method === 'GET') return list(kind, query, store);
  if (method !== 'PUT' && method !== 'POST') throw new Problem(405, 'HTTP 405 Method Not Allowed');
  if (method === 'POST' && store.find(kind, store.nameOf(kind, body as Json)) !== undefined)
    throw new Problem(409, 'Entity already exists');
  const fqn = store.checked(kind, body as Json);
  const { entity, created } = save(kind, fqn, body as Json, store, state);
  return {
    status: created ? 201 : 200,
    body: withReferences(entity, store),
    etag: etagOf(entity),
  };
}

function list(kind: Kind, query: URLSearchParams, store: Store): Reply {
  const parents = ['service', 'database', 'databaseSchema'].flatMap((name) =>
    query.has(name) ? [[name, query.get(name)] as const] : [],
  );
  const limit = Number(query.get('limit') ?? 10);
  const from = Number(query.get('after') ?? 0);
  const all = store
    .all(kind)
    .filter(({ deleted }) => query.get('include') === 'all' || !deleted)
    .filter((entity) => parents.every(([name, parent]) => entity[name] === parent))
    .sort((one, other) => (String(one['name']) < String(other['name']) ? -1 : 1));
  const next = limit > 0 && from + limit < all.length ? { after: String(from + limit) } : {};
  return {
    status: 200,
    body: {
      data: all.slice(from, from + limit).map((entity) => shown(entity, query, store)),
      paging: { total: all.length, ...next },
    },
  };
}

function single(
  kind: Kind,
  entity: Entity,
  { method, query, body, ifMatch }: Request,
  store: Store,
): Reply {
  if (method === 'DELETE') {
    const recursive = query.get('recursive') === 'true';
    const remove = query.get('hardDelete') === 'true' ? 'hardDelete' : 'softDelete';
    return { status: 200, body: store[remove](kind, entity.fullyQualifiedName, recursive) };
  }
  if (method === 'GET') {
    if (entity.deleted && query.get('include') !== 'all')
      throw notFound(kind, entity.fullyQualifiedName);
    return { status: 200, body: shown(entity, query, store), etag: etagOf(entity) };
  }
  if (method !== 'PATCH') throw new Problem(405, 'HTTP 405 Method Not Allowed');
  if (ifMatch !== undefined && ifMatch !== etagOf(entity))
    throw new Problem(412, 'The entity has been modified. Please refresh and retry.');
  const operations = body as Parameters<Store['patch']>[1];
  if (store.bot) assertPermitted(operations);
  // The server answers with the new state, but stores nothing.
  if (ifMatch !== undefined)
    return { status: 200, body: withReferences(applyPatch(entity, operations) as Entity, store) };
  const patched = store.patch(entity, operations);
  return { status: 200, body: withReferences(patched, store), etag: etagOf(patched) };
}

function restore(kind: Kind, body: unknown, store: Store): Reply {
  const entity = store.byId(kind, String((body as Json)['id']));
  entity.deleted = false;
  return { status: 200, body: entity };
}

/**
 * Checks all tables before it creates any, so that a key to a table of the same request is
 * rejected. Responds 200 even if all failed. With `async`, it responds 202 with what the checks
 * rejected, and creates the others later.
 */
function bulk({ body, query }: Request, store: Store, state: ServerState): Reply {
  if (!state.bulk) throw new Problem(405, 'HTTP 405 Method Not Allowed');
  const requests = body as Json[];
  const failed: Json[] = [];
  const checked = requests.flatMap((request) => {
    try {
      return [{ request, fqn: store.checked('table', request) }];
    } catch (thrown) {
      if (!(thrown instanceof Problem)) throw thrown;
      failed.push({ request, status: 400, message: thrown.message });
      return [];
    }
  });
  const saveAll = (): Json[] => {
    for (const { fqn } of checked) state.unfinished.delete(fqn);
    return checked.map(({ request, fqn }) => ({
      request: save('table', fqn, request, store, state).entity.fullyQualifiedName,
      status: 200,
    }));
  };
  if (inBackground(state, query)) {
    state.backgroundJobs += 1;
    for (const { fqn } of checked)
      if (store.find('table', fqn) === undefined) state.unfinished.add(fqn);
    void takeTime(requests, store, state).then(() => setTimeout(saveAll, BACKGROUND_MS));
    return { status: 202, body: bulkResult(requests, [], failed) };
  }
  return { status: 200, body: bulkResult(requests, saveAll(), failed) };
}

function bulkResult(
  requests: readonly Json[],
  passed: readonly Json[],
  failed: readonly Json[],
): Json {
  const status =
    failed.length === 0
      ? 'success'
      : failed.length === requests.length
        ? 'failure'
        : 'partialSuccess';
  return {
    status,
    numberOfRowsProcessed: requests.length,
    numberOfRowsPassed: passed.length,
    numberOfRowsFailed: failed.length,
    successRequest: passed,
    failedRequest: failed,
  };
}

export function inBackground({ background }: ServerState, query: URLSearchParams): boolean {
  return background && query.get('async') === 'true';
}

/** The time that a server would need for these tables. */
export async function takeTime(
  requests: readonly Json[],
  store: Store,
  { slowBulks }: ServerState,
): Promise<void> {
  await slowBulks?.take(
    requests,
    (table) => store.find('table', store.nameOf('table', table)) !== undefined,
  );
}

/** Mappings of lineage from and to columns that an update removes go with them. */
function save(kind: Kind, fqn: string, request: Json, store: Store, state: ServerState): Put {
  const before = store.find(kind, fqn);
  const put = store.save(kind, fqn, request);
  if (kind !== 'table' || before === undefined) return put;
  const gone = new Set(removedColumns(before, put.entity).map((name) => `${fqn}.${name}`));
  if (gone.size > 0)
    for (const [key, edge] of state.lineage) state.lineage.set(key, withoutColumns(edge, gone));
  return put;
}

function etagOf({ id, version }: Entity): string {
  return `"${id}-${version}"`;
}
