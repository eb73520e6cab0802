import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { deletePipeline, savePipeline } from '../definitions/definitions.ts';
import { existingPipeline } from '../definitions/existing.ts';
import { tagOf } from '../definitions/precondition.ts';
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
import { NameParameter, PipelineRequest, PipelineView } from './schemas.ts';

const PATH = '/api/v1/pipelines/{name}';
const pipeline = {
  200: jsonBody(PipelineView, 'The pipeline; the ETag header identifies this state'),
  ...REFUSALS,
};

const putRoute = createRoute({
  method: 'put',
  path: PATH,
  summary: 'Create a pipeline, or replace the state given in If-Match',
  security: SECURITY,
  request: { params: NameParameter, headers: PreconditionHeaders, ...requestBody(PipelineRequest) },
  responses: pipeline,
});
const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/pipelines',
  summary: 'List pipelines',
  security: SECURITY,
  responses: {
    200: jsonBody(z.object({ pipelines: z.array(PipelineView) }), 'All pipelines'),
    ...REFUSALS,
  },
});
const getRoute = createRoute({
  method: 'get',
  path: PATH,
  summary: 'Get a pipeline',
  security: SECURITY,
  request: { params: NameParameter },
  responses: pipeline,
});
const deleteRoute = createRoute({
  method: 'delete',
  path: PATH,
  summary: 'Delete a pipeline',
  security: SECURITY,
  request: { params: NameParameter, headers: PreconditionHeaders },
  responses: DELETED,
});

export function pipelinesApi(deps: Deps): OpenAPIHono {
  const { read } = deps.store;
  const app = application();
  app.openapi(putRoute, async (context) => {
    const { displayName, ...request } = context.req.valid('json');
    const draft = {
      name: context.req.valid('param').name,
      displayName: displayName ?? null,
      ...request,
    };
    const saved = await savePipeline(deps, draft, preconditionOf(context.req.valid('header')));
    return context.json(saved, 200, { etag: tagOf(saved) });
  });
  app.openapi(listRoute, async (context) =>
    context.json({ pipelines: await read.definitions.pipelines() }, 200),
  );
  app.openapi(getRoute, async (context) => {
    const found = await existingPipeline(read, context.req.valid('param').name);
    return context.json(found, 200, { etag: tagOf(found) });
  });
  app.openapi(deleteRoute, async (context) => {
    await deletePipeline(
      deps,
      context.req.valid('param').name,
      preconditionOf(context.req.valid('header')),
    );
    return context.body(null, 204);
  });
  return app;
}
