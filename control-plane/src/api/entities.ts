import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { ControlPlaneError } from '../runtime/errors.ts';
import { lineageAround } from '../catalog/lineage-graph.ts';
import type { Ground } from '../deps.ts';
import { viewTable } from '../catalog/table-view.ts';
import {
  EntityRowSchema,
  EntityView,
  Flag,
  FqnParameter,
  LineageQuery,
  LineageView,
  TableRowSchema,
  TableView,
  TypeCountSchema,
} from './catalog-schemas.ts';
import { application, createRoute, jsonBody, REFUSALS, SECURITY } from './routing.ts';
import { Limit } from './schemas.ts';

const Filter = z.object({
  service: z.string().optional(),
  q: z.string().max(200).optional(),
  after: z.string().max(3072).optional(),
  deleted: Flag,
  limit: Limit(500, 50),
});

const listTablesRoute = createRoute({
  method: 'get',
  path: '/api/v1/tables',
  summary: 'Tables that came in, by name',
  security: SECURITY,
  request: { query: Filter },
  responses: {
    200: jsonBody(
      z.object({
        tables: z.array(TableRowSchema),
        next: z.string().nullable(),
        total: z.number().int(),
      }),
      'A page of tables',
    ),
    ...REFUSALS,
  },
});
const getTableRoute = createRoute({
  method: 'get',
  path: '/api/v1/tables/{fqn}',
  summary: 'One table, as it was sent, with what is known about it',
  security: SECURITY,
  request: { params: FqnParameter },
  responses: { 200: jsonBody(TableView, 'The table'), ...REFUSALS },
});
const lineageRoute = createRoute({
  method: 'get',
  path: '/api/v1/lineage/{fqn}',
  summary: 'Tables that a table’s data comes from and goes to',
  security: SECURITY,
  request: { params: FqnParameter, query: LineageQuery },
  responses: { 200: jsonBody(LineageView, 'Tables and the ways between them'), ...REFUSALS },
});
const typesRoute = createRoute({
  method: 'get',
  path: '/api/v1/entity-types',
  summary: 'How many entities of which type each service has',
  security: SECURITY,
  responses: {
    200: jsonBody(z.object({ types: z.array(TypeCountSchema) }), 'The types'),
    ...REFUSALS,
  },
});
const listEntitiesRoute = createRoute({
  method: 'get',
  path: '/api/v1/entities',
  summary: 'Entities of one type, by name',
  security: SECURITY,
  request: { query: Filter.extend({ type: z.string().min(1).max(100) }) },
  responses: {
    200: jsonBody(
      z.object({
        entities: z.array(EntityRowSchema),
        next: z.string().nullable(),
        total: z.number().int(),
      }),
      'A page of entities',
    ),
    ...REFUSALS,
  },
});
const EntityParameters = FqnParameter.extend({
  service: z
    .string()
    .max(128)
    .openapi({ param: { name: 'service', in: 'path' } }),
  type: z
    .string()
    .max(100)
    .openapi({ param: { name: 'type', in: 'path' } }),
});
const getEntityRoute = createRoute({
  method: 'get',
  path: '/api/v1/entities/{service}/{type}/{fqn}',
  summary: 'One entity of any type, as it was sent',
  security: SECURITY,
  request: { params: EntityParameters },
  responses: { 200: jsonBody(EntityView, 'The entity'), ...REFUSALS },
});

export function entitiesApi({ store }: Ground): OpenAPIHono {
  const app = application();
  app.openapi(listTablesRoute, async (context) => {
    const filter = context.req.valid('query');
    const { tables, total } = await store.read.entities.tables({
      ...filter,
      limit: filter.limit + 1,
    });
    return context.json(
      { tables: tables.slice(0, filter.limit), next: nextOf(tables, filter.limit), total },
      200,
    );
  });
  app.openapi(getTableRoute, async (context) => {
    const { fqn } = context.req.valid('param');
    const table = await store.read.entities.table(fqn);
    if (table === undefined) throw new ControlPlaneError('NOT_FOUND', `there is no table ${fqn}`);
    return context.json(await viewTable(store.read, table), 200);
  });
  app.openapi(lineageRoute, async (context) =>
    context.json(
      await lineageAround(store.read, context.req.valid('param').fqn, context.req.valid('query')),
      200,
    ),
  );
  app.openapi(typesRoute, async (context) =>
    context.json({ types: await store.read.entities.types() }, 200),
  );
  app.openapi(listEntitiesRoute, async (context) => {
    const { type, ...filter } = context.req.valid('query');
    const { entities, total } = await store.read.entities.ofType(type, {
      ...filter,
      limit: filter.limit + 1,
    });
    return context.json(
      { entities: entities.slice(0, filter.limit), next: nextOf(entities, filter.limit), total },
      200,
    );
  });
  app.openapi(getEntityRoute, async (context) => {
    const key = context.req.valid('param');
    const entity = await store.read.entities.get(key);
    if (entity === undefined)
      throw new ControlPlaneError('NOT_FOUND', `${key.service} has no ${key.type} ${key.fqn}`);
    const { request, properties, deletedAt, runId, attempt, epoch, updatedAt, seenBy, seenAt } =
      entity;
    return context.json(
      {
        ...key,
        request,
        properties,
        deleted: deletedAt !== null,
        deletedAt,
        provenance: { runId, attempt, epoch, updatedAt, seenBy, seenAt },
      },
      200,
    );
  });
  return app;
}

/** The name after which the next page begins; one more than a page has been read. */
function nextOf(found: readonly { readonly fqn: string }[], limit: number): string | null {
  return found.length > limit ? found[limit - 1]!.fqn : null;
}
