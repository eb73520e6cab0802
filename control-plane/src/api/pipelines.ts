import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { deletePipeline, savePipeline } from '../definitions/definitions.ts';
import { existingPipeline } from '../definitions/existing.ts';
import { tagOf } from '../definitions/precondition.ts';
import type { Deps } from '../deps.ts';
import { definitionRoutes } from './definition-routes.ts';
import { application, preconditionOf } from './routing.ts';
import { PipelineRequest, PipelineView } from './schemas.ts';

const routes = definitionRoutes({
  path: '/api/v1/pipelines/{name}',
  listPath: '/api/v1/pipelines',
  request: PipelineRequest,
  view: PipelineView,
  list: z.object({ pipelines: z.array(PipelineView) }),
  texts: {
    put: 'Create a pipeline, or replace the state given in If-Match',
    list: 'List pipelines',
    get: 'Get a pipeline',
    delete: 'Delete a pipeline',
    view: 'The pipeline; the ETag header identifies this state',
    all: 'All pipelines',
  },
});

export function pipelinesApi(deps: Deps): OpenAPIHono {
  const { read } = deps.store;
  const app = application();
  app.openapi(routes.put, async (context) => {
    const { displayName, ...request } = context.req.valid('json');
    const draft = {
      name: context.req.valid('param').name,
      displayName: displayName ?? null,
      ...request,
    };
    const saved = await savePipeline(deps, draft, preconditionOf(context.req.valid('header')));
    return context.json(saved, 200, { etag: tagOf(saved) });
  });
  app.openapi(routes.list, async (context) =>
    context.json({ pipelines: await read.definitions.pipelines() }, 200),
  );
  app.openapi(routes.get, async (context) => {
    const found = await existingPipeline(read, context.req.valid('param').name);
    return context.json(found, 200, { etag: tagOf(found) });
  });
  app.openapi(routes.delete, async (context) => {
    await deletePipeline(
      deps,
      context.req.valid('param').name,
      preconditionOf(context.req.valid('header')),
    );
    return context.body(null, 204);
  });
  return app;
}
