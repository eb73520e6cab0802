import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { refusePlainSecrets } from '../connection-secrets.ts';
import { ControlPlaneError } from '../errors.ts';
import { existingService } from '../runs.ts';
import type { Ground } from '../settings.ts';
import type { Pipeline, Service } from '../store/store.ts';
import { application, createRoute, jsonBody, REFUSALS, requestBody, SECURITY } from './routing.ts';
import { Limit, NameParameter, PipelineRequest, PipelineView, ServiceRequest, ServiceView, TableRowSchema, TableView } from './schemas.ts';

const putServiceRoute = createRoute({
  method: 'put', path: '/api/v1/services/{name}', summary: 'Create or replace a service', security: SECURITY,
  request: { params: NameParameter, ...requestBody(ServiceRequest) }, responses: { 200: jsonBody(ServiceView, 'The service'), ...REFUSALS },
});
const listServicesRoute = createRoute({
  method: 'get', path: '/api/v1/services', summary: 'Services', security: SECURITY,
  responses: { 200: jsonBody(z.object({ services: z.array(ServiceView) }), 'All services'), ...REFUSALS },
});
const getServiceRoute = createRoute({
  method: 'get', path: '/api/v1/services/{name}', summary: 'One service', security: SECURITY, request: { params: NameParameter },
  responses: { 200: jsonBody(ServiceView, 'The service'), ...REFUSALS },
});
const putPipelineRoute = createRoute({
  method: 'put', path: '/api/v1/pipelines/{name}', summary: 'Create or replace a pipeline', security: SECURITY,
  request: { params: NameParameter, ...requestBody(PipelineRequest) }, responses: { 200: jsonBody(PipelineView, 'The pipeline'), ...REFUSALS },
});
const listPipelinesRoute = createRoute({
  method: 'get', path: '/api/v1/pipelines', summary: 'Pipelines', security: SECURITY,
  responses: { 200: jsonBody(z.object({ pipelines: z.array(PipelineView) }), 'All pipelines'), ...REFUSALS },
});
const listTablesRoute = createRoute({
  method: 'get', path: '/api/v1/tables', summary: 'Tables that came in, by name', security: SECURITY,
  request: { query: z.object({ service: z.string().optional(), q: z.string().max(200).optional(), after: z.string().max(3072).optional(), limit: Limit(500, 50) }) },
  responses: { 200: jsonBody(z.object({ tables: z.array(TableRowSchema), next: z.string().nullable(), total: z.number().int() }), 'A page of tables'), ...REFUSALS },
});
const getTableRoute = createRoute({
  method: 'get', path: '/api/v1/tables/{fqn}', summary: 'One table, as it was sent', security: SECURITY,
  request: { params: z.object({ fqn: z.string().max(3072).openapi({ param: { name: 'fqn', in: 'path' } }) }) },
  responses: { 200: jsonBody(TableView, 'The table'), ...REFUSALS },
});

export function catalogApi(ground: Ground): OpenAPIHono {
  const { store, clock } = ground;
  const app = application();
  app.openapi(putServiceRoute, async (context) => {
    const { type, connection, runner } = context.req.valid('json');
    refusePlainSecrets(connection);
    const service: Service = { name: context.req.valid('param').name, type, connection, runner: runner ?? null, updatedAt: clock.now() };
    await store.transaction((tx) => tx.catalog.saveService(service));
    return context.json(service, 200);
  });
  app.openapi(listServicesRoute, async (context) => context.json({ services: await store.read.catalog.services() }, 200));
  app.openapi(getServiceRoute, async (context) => context.json(await existingService(store.read, context.req.valid('param').name), 200));
  app.openapi(putPipelineRoute, async (context) => {
    const pipeline: Pipeline = { name: context.req.valid('param').name, ...context.req.valid('json'), updatedAt: clock.now() };
    refusePlainSecrets(pipeline.sourceConfig);
    await store.transaction(async (tx) => {
      await existingService(tx, pipeline.service);
      await tx.catalog.savePipeline(pipeline);
    });
    return context.json(pipeline, 200);
  });
  app.openapi(listPipelinesRoute, async (context) => context.json({ pipelines: await store.read.catalog.pipelines() }, 200));
  return app;
}

export function tablesApi({ store }: Ground): OpenAPIHono {
  const app = application();
  app.openapi(listTablesRoute, async (context) => {
    const filter = context.req.valid('query');
    const { tables, total } = await store.read.entities.tables({ ...filter, limit: filter.limit + 1 });
    const page = tables.slice(0, filter.limit);
    return context.json({ tables: page, next: tables.length > filter.limit ? page.at(-1)!.fqn : null, total }, 200);
  });
  app.openapi(getTableRoute, async (context) => {
    const { fqn } = context.req.valid('param');
    const table = await store.read.entities.table(fqn);
    if (table === undefined) throw new ControlPlaneError('NOT_FOUND', `there is no table ${fqn}`);
    const { service, request, runId, attempt, epoch, updatedAt } = table;
    return context.json({ fqn, service, request, provenance: { runId, attempt, epoch, updatedAt } }, 200);
  });
  return app;
}
