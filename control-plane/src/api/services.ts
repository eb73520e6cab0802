import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { deleteService, saveService } from '../definitions/definitions.ts';
import { tagOf } from '../definitions/precondition.ts';
import { existingService } from '../definitions/existing.ts';
import type { Deps } from '../deps.ts';
import { definitionRoutes } from './definition-routes.ts';
import { application, preconditionOf } from './routing.ts';
import { ServiceRequest, ServiceView } from './schemas.ts';

const routes = definitionRoutes({
  path: '/api/v1/services/{name}',
  listPath: '/api/v1/services',
  request: ServiceRequest,
  view: ServiceView,
  list: z.object({ services: z.array(ServiceView) }),
  texts: {
    put: 'Create a service, or replace the state given in If-Match',
    list: 'List services',
    get: 'Get a service',
    delete: 'Delete a service, its pipelines and its part of the catalog',
    view: 'The service; the ETag header identifies this state',
    all: 'All services',
  },
});

export function servicesApi(deps: Deps): OpenAPIHono {
  const { read } = deps.store;
  const app = application();
  app.openapi(routes.put, async (context) => {
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
  app.openapi(routes.list, async (context) =>
    context.json({ services: await read.definitions.services() }, 200),
  );
  app.openapi(routes.get, async (context) => {
    const found = await existingService(read, context.req.valid('param').name);
    return context.json(found, 200, { etag: tagOf(found) });
  });
  app.openapi(routes.delete, async (context) => {
    await deleteService(
      deps,
      context.req.valid('param').name,
      preconditionOf(context.req.valid('header')),
    );
    return context.body(null, 204);
  });
  return app;
}
