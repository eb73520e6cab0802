import type { OpenMetadataRest } from '../support/openmetadata-server/rest.ts';
import type { Json } from '../support/openmetadata-server/store.ts';

/** What a server has of a service. */
export interface CatalogContent {
  readonly tables: ReadonlyMap<string, Json>;
  readonly procedures: ReadonlyMap<string, Json>;
  /** `from -> to` with the edge. */
  readonly edges: ReadonlyMap<string, Json>;
  /** Row counts by table. */
  readonly profiles: ReadonlyMap<string, Json>;
}

const SCHEMA = 'default.salesforce';
const TABLE_FIELDS = 'columns,tableConstraints,tags,owners';

/** Reads everything back through the REST API. */
export async function readCatalog(
  rest: OpenMetadataRest,
  service: string,
): Promise<CatalogContent> {
  const schema = `${service}.${SCHEMA}`;
  const tables = await list(rest, 'tables', schema, TABLE_FIELDS);
  const procedures = await list(rest, 'storedProcedures', schema, 'tags,owners');
  const [edges, profiles] = [new Map<string, Json>(), new Map<string, Json>()];
  const names = new Map([...tables].map(([name, { id }]) => [id, name]));
  for (const name of tables.keys()) {
    const { body } = await rest.get(
      `/lineage/table/name/${encodeURIComponent(name)}?upstreamDepth=1&downstreamDepth=0`,
    );
    for (const edge of (body['upstreamEdges'] ?? []) as readonly Json[])
      edges.set(`${names.get(idOf(edge['fromEntity']))} -> ${name}`, edge);
    const profile = await rest.get(`/tables/${encodeURIComponent(name)}/tableProfile/latest`);
    const latest = profile.body['profile'] as Json | undefined;
    if (profile.status === 200 && latest !== undefined && latest !== null)
      profiles.set(name, latest);
  }
  return { tables, procedures, edges, profiles };
}

/** Versions of everything, to see that nothing was written. */
export function versionsOf({
  tables,
  procedures,
}: CatalogContent): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...tables, ...procedures].map(([name, { version }]) => [name, version]),
  );
}

async function list(
  rest: OpenMetadataRest,
  type: string,
  schema: string,
  fields: string,
): Promise<Map<string, Json>> {
  const found = new Map<string, Json>();
  for (let after = ''; ;) {
    const { status, body } = await rest.get(
      `/${type}?databaseSchema=${encodeURIComponent(schema)}&fields=${fields}&limit=100${after}`,
    );
    if (status !== 200)
      throw new Error(`GET /${type} responded with status ${status}: ${JSON.stringify(body)}`);
    for (const entity of body['data'] as readonly Json[])
      found.set(String(entity['fullyQualifiedName']), entity);
    const { after: next } = body['paging'] as { readonly after?: string };
    if (next === undefined) return found;
    after = `&after=${encodeURIComponent(next)}`;
  }
}

/** Edges name entities by id, in some versions within a reference. */
function idOf(entity: unknown): unknown {
  return typeof entity === 'object' && entity !== null ? (entity as Json)['id'] : entity;
}
