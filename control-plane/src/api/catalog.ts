import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { refusePlainSecrets } from '../connection-secrets.ts';
import { keepRuns, saveKeepRuns } from '../retention.ts';
import { existingService } from '../runs.ts';
import type { Ground } from '../settings.ts';
import type { Pipeline, Service } from '../store/store.ts';
import { application, createRoute, jsonBody, REFUSALS, requestBody, SECURITY } from './routing.ts';
import { NameParameter, PipelineRequest, PipelineView, ServiceRequest, ServiceView, Settings } from './schemas.ts';

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
const getSettingsRoute = createRoute({
  method: 'get', path: '/api/v1/settings', summary: 'What an operator may set', security: SECURITY, responses: { 200: jsonBody(Settings, 'The settings'), ...REFUSALS },
});
const putSettingsRoute = createRoute({
  method: 'put', path: '/api/v1/settings', summary: 'Change the settings', security: SECURITY, request: requestBody(Settings),
  responses: { 200: jsonBody(Settings, 'The settings'), ...REFUSALS },
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
  app.openapi(getSettingsRoute, async (context) => context.json({ keepRuns: await keepRuns(store.read) }, 200));
  app.openapi(putSettingsRoute, async (context) => {
    const settings = context.req.valid('json');
    await saveKeepRuns(ground, settings.keepRuns);
    return context.json(settings, 200);
  });
  return app;
}
