/**
 * Cheap evidence that the server's catalog of a service was restored, edited or emptied since
 * a run was written: counts, and the list of changes since then.
 */
import { z } from 'zod';
import { belongsTo } from '../../catalog/catalog-record.ts';
import type { CatalogApi } from './catalog-api.ts';
import { parseAnswer } from './services.ts';

const Listing = z.object({
  data: z.array(z.object({ fullyQualifiedName: z.string().nullish() })),
  paging: z.object({ total: z.number() }),
});
const FieldChange = z.object({ name: z.string() });
const Fields = z.array(FieldChange).nullish();
const Changes = z.object({
  data: z.array(
    z.object({
      eventType: z.string(),
      entityFullyQualifiedName: z.string().nullish(),
      timestamp: z.number(),
      changeDescription: z
        .object({ fieldsAdded: Fields, fieldsUpdated: Fields, fieldsDeleted: Fields })
        .nullish(),
    }),
  ),
});
type Change = z.infer<typeof Changes>['data'][number];

const MAX_PARENTS = 100;
/** What a run writes into a schema. */
const COUNTED = ['tables', 'storedProcedures'] as const;

/** Numbers of entities of the service that are not deleted, by the name of their collection. */
export async function countContents(
  api: CatalogApi,
  service: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const databases = await namesBelow(api, 'databases', { service }, signal);
  const counts: Record<string, number> = { databases: databases.length, databaseSchemas: 0 };
  for (const database of databases) {
    const schemas = await namesBelow(api, 'databaseSchemas', { database }, signal);
    counts['databaseSchemas']! += schemas.length;
    for (const databaseSchema of schemas) {
      for (const collection of COUNTED) {
        const { total } = await list(api, collection, { databaseSchema }, 0, signal);
        counts[collection] = (counts[collection] ?? 0) + total;
      }
    }
  }
  return counts;
}

async function namesBelow(
  api: CatalogApi,
  collection: string,
  parent: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  return (await list(api, collection, parent, MAX_PARENTS, signal)).names;
}

async function list(
  api: CatalogApi,
  collection: string,
  parent: Readonly<Record<string, string>>,
  limit: number,
  signal: AbortSignal,
): Promise<{ readonly names: readonly string[]; readonly total: number }> {
  const query = new URLSearchParams({ ...parent, limit: String(limit) });
  const what = `${collection} of "${Object.values(parent).join()}"`;
  const body = await get(api, `/${collection}?${query.toString()}`, what, signal);
  const { data, paging } = parseAnswer(Listing, body, what);
  const names = data.flatMap(({ fullyQualifiedName }) => fullyQualifiedName ?? []);
  return { names, total: paging.total };
}

/** Fields that users edit; a run keeps them, so they make no difference. */
const PEOPLES_FIELDS: ReadonlySet<string> = new Set([
  'description',
  'displayName',
  'tags',
  'owners',
  'domains',
  'dataProducts',
  'followers',
  'votes',
  'extension',
  'certification',
  'reviewers',
  'lifeCycle',
  'testSuite',
  'usageSummary',
  'profile',
  'sampleData',
  'queries',
  'tableProfilerConfig',
  'retentionPeriod',
  'changeSummary',
]);

/**
 * A change since `since` that a run of this service would undo: the name of the entity; undefined
 * for none. Deletions come first, because they are few.
 */
export async function changeSince(
  api: CatalogApi,
  service: string,
  since: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const deleted = 'table,storedProcedure,databaseSchema,database,databaseService';
  for (const query of [`entityDeleted=${deleted}`, 'entityUpdated=table,storedProcedure']) {
    const path = `/events?${query}&timestamp=${since}`;
    const what = 'changes of the catalog';
    const { data } = parseAnswer(Changes, await get(api, path, what, signal), what);
    const found = data.find((change) => concerns(service, change) && isStructural(change));
    if (found !== undefined) return found.entityFullyQualifiedName ?? undefined;
  }
  return undefined;
}

function concerns(service: string, { entityFullyQualifiedName: fqn }: Change): boolean {
  return typeof fqn === 'string' && belongsTo(service, fqn);
}

function isStructural({ eventType, changeDescription }: Change): boolean {
  if (eventType !== 'entityUpdated') return true;
  const { fieldsAdded, fieldsUpdated, fieldsDeleted } = changeDescription ?? {};
  return [fieldsAdded, fieldsUpdated, fieldsDeleted]
    .flatMap((fields) => fields ?? [])
    .some(({ name }) => !PEOPLES_FIELDS.has(name.slice(name.lastIndexOf('.') + 1)));
}

async function get(
  api: CatalogApi,
  path: string,
  what: string,
  signal: AbortSignal,
): Promise<unknown> {
  return api.send({ method: 'GET', path, what }, signal);
}
