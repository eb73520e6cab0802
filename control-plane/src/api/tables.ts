import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { lineageAround } from '../catalog/lineage-graph.ts';
import { viewTable } from '../catalog/table-view.ts';
import type { Deps } from '../deps.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import {
  EntityFilterQuery,
  FqnParameter,
  LineageQuery,
  LineageView,
  nextOf,
  TableRowSchema,
  TableView,
} from './catalog-schemas.ts';
import { application, createRoute, jsonBody, REJECTIONS, SECURITY } from './routing.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/tables',
  summary: 'List tables by name',
  security: SECURITY,
  request: { query: EntityFilterQuery },
  responses: {
    200: jsonBody(
      z.object({
        tables: z.array(TableRowSchema),
        next: z.string().nullable(),
        total: z.number().int(),
      }),
      'A page of tables',
    ),
    ...REJECTIONS,
  },
});
const getRoute = createRoute({
  method: 'get',
  path: '/api/v1/tables/{fqn}',
  summary: 'Get a table with everything that the catalog contains about it',
  security: SECURITY,
  request: { params: FqnParameter },
  responses: { 200: jsonBody(TableView, 'The table'), ...REJECTIONS },
});
const lineageRoute = createRoute({
  method: 'get',
  path: '/api/v1/lineage/{fqn}',
  summary: 'Get the tables upstream and downstream of a table',
  security: SECURITY,
  request: { params: FqnParameter, query: LineageQuery },
  responses: { 200: jsonBody(LineageView, 'Tables and the edges between them'), ...REJECTIONS },
});

export function tablesApi({ store: { read } }: Deps): OpenAPIHono {
  const app = application();
  app.openapi(listRoute, async (context) => {
    const filter = context.req.valid('query');
    const { tables, total } = await read.entities.tables({ ...filter, limit: filter.limit + 1 });
    const next = nextOf(tables, filter.limit);
    return context.json({ tables: tables.slice(0, filter.limit), next, total }, 200);
  });
  app.openapi(getRoute, async (context) => {
    const { fqn } = context.req.valid('param');
    const table = await read.entities.table(fqn);
    if (table === undefined)
      throw new ControlPlaneError('NOT_FOUND', `table ${fqn} does not exist`);
    return context.json(await viewTable(read, table), 200);
  });
  app.openapi(lineageRoute, async (context) => {
    const { fqn } = context.req.valid('param');
    return context.json(await lineageAround(read, fqn, context.req.valid('query')), 200);
  });
  return app;
}
