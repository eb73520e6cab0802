import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { deleteService, saveService } from '../definitions/definitions.ts';
import { tagOf } from '../definitions/precondition.ts';
import { existingService } from '../definitions/existing.ts';
import type { Deps } from '../deps.ts';
import {
  application,
  createRoute,
  DELETED,
  jsonBody,
  preconditionOf,
  PreconditionHeaders,
  REFUSALS,
  requestBody,
  SECURITY,
} from './routing.ts';
import { NameParameter, ServiceRequest, ServiceView } from './schemas.ts';

const PATH = '/api/v1/services/{name}';
const service = {
  200: jsonBody(ServiceView, 'The service; the ETag header identifies this state'),
  ...REFUSALS,
};

const putRoute = createRoute({
  method: 'put',
  path: PATH,
  summary: 'Create a service, or replace the state given in If-Match',
  security: SECURITY,
  request: { params: NameParameter, headers: PreconditionHeaders, ...requestBody(ServiceRequest) },
  responses: service,
});
const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/services',
  summary: 'List services',
  security: SECURITY,
  responses: {
    200: jsonBody(z.object({ services: z.array(ServiceView) }), 'All services'),
    ...REFUSALS,
  },
});
const getRoute = createRoute({
  method: 'get',
  path: PATH,
  summary: 'Get a service',
  security: SECURITY,
  request: { params: NameParameter },
  responses: service,
});
const deleteRoute = createRoute({
  method: 'delete',
  path: PATH,
  summary: 'Delete a service, its pipelines and its part of the catalog',
  security: SECURITY,
  request: { params: NameParameter, headers: PreconditionHeaders },
  responses: DELETED,
});

export function servicesApi(deps: Deps): OpenAPIHono {
  const { read } = deps.store;
  const app = application();
  app.openapi(putRoute, async (context) => {
    const { type, connection, runner, pool, displayName } = context.req.valid('json');
    const draft = {
      name: context.req.valid('param').name,
      displayName: displayName ?? null,
      type,
      connection,
      runner: runner ?? null,
      pool: pool ?? null,
    };
    const saved = await saveService(deps, draft, preconditionOf(context.req.valid('header')));
    return context.json(saved, 200, { etag: tagOf(saved) });
  });
  app.openapi(listRoute, async (context) =>
    context.json({ services: await read.definitions.services() }, 200),
  );
  app.openapi(getRoute, async (context) => {
    const found = await existingService(read, context.req.valid('param').name);
    return context.json(found, 200, { etag: tagOf(found) });
  });
  app.openapi(deleteRoute, async (context) => {
    await deleteService(
      deps,
      context.req.valid('param').name,
      preconditionOf(context.req.valid('header')),
    );
    return context.body(null, 204);
  });
  return app;
}
