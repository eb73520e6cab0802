import { z, type OpenAPIHono } from '@hono/zod-openapi';
import type { HonoRequest } from 'hono';
import type { Deps } from '../deps.ts';
import type { Registry } from '../link/registry.ts';
import { cancelRun } from '../runs/cancel-run.ts';
import { existingRun } from '../runs/existing.ts';
import { JOB_KINDS, STEP_KINDS } from '../runs/job-kinds.ts';
import { viewRun } from '../runs/run-view.ts';
import { RUN_STATES, type Run } from '../runs/run.ts';
import { startPipeline, startStepJob, type StartOptions } from '../runs/start-run.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import { application, createRoute, jsonBody, REJECTIONS, SECURITY } from './routing.ts';
import { RunViewSchema } from './run-schemas.ts';
import {
  IdParameter,
  Limit,
  NameParameter,
  StartQuery,
  StartRequest,
  TestRequest,
} from './schemas.ts';

const run = (description: string) => jsonBody(RunViewSchema, description);

const RunsQuery = z.object({
  limit: Limit(200, 50),
  service: z.string().optional(),
  kind: z.enum(JOB_KINDS).optional(),
  state: z.enum(RUN_STATES).optional(),
  before: z.string().max(64).optional(),
});

function startBody(schema: typeof TestRequest | typeof StartRequest) {
  return {
    query: StartQuery,
    body: { required: false, content: { 'application/json': { schema } } },
  };
}
const testRoute = createRoute({
  method: 'post',
  path: '/api/v1/services/{name}/test-connection',
  summary: 'Test the connection of a service',
  security: SECURITY,
  request: { params: NameParameter, ...startBody(TestRequest) },
  responses: { 202: run('The run'), ...REJECTIONS },
});
const JobParameters = NameParameter.extend({
  kind: z.enum(STEP_KINDS).openapi({ param: { name: 'kind', in: 'path' } }),
});
const jobRoute = createRoute({
  method: 'post',
  path: '/api/v1/services/{name}/jobs/{kind}',
  summary: 'Start a job of a service, of a kind that yields steps',
  security: SECURITY,
  request: { params: JobParameters, ...startBody(TestRequest) },
  responses: { 202: run('The run'), ...REJECTIONS },
});
const startRoute = createRoute({
  method: 'post',
  path: '/api/v1/pipelines/{name}/runs',
  summary: 'Start a run of a pipeline',
  security: SECURITY,
  request: { params: NameParameter, ...startBody(StartRequest) },
  responses: { 202: run('The run'), ...REJECTIONS },
});
const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs',
  summary: 'List runs, newest first',
  security: SECURITY,
  request: { query: RunsQuery },
  responses: {
    200: jsonBody(
      z.object({ runs: z.array(RunViewSchema), next: z.string().nullable() }),
      'A page of runs; `next` is the `before` of the next page',
    ),
    ...REJECTIONS,
  },
});
const getRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs/{id}',
  summary: 'Get a run',
  security: SECURITY,
  request: { params: IdParameter },
  responses: { 200: run('The run'), ...REJECTIONS },
});
const cancelRoute = createRoute({
  method: 'post',
  path: '/api/v1/runs/{id}/cancel',
  summary: 'Cancel a run',
  security: SECURITY,
  request: { params: IdParameter },
  responses: { 202: run('The run'), ...REJECTIONS },
});

export function runsApi(deps: Deps, registry: Registry): OpenAPIHono {
  const { read } = deps.store;
  const app = application();
  addStartRoutes(app, deps);
  app.openapi(listRoute, async (context) => {
    const query = context.req.valid('query');
    const found = await read.runs.list({ ...query, limit: query.limit + 1 });
    const page = found.slice(0, query.limit);
    const runs = await Promise.all(page.map((one) => viewRun(deps, one)));
    const next = found.length > query.limit ? page.at(-1)!.id : null;
    return context.json({ runs, next }, 200);
  });
  app.openapi(getRoute, async (context) => {
    const found = await existingRun(read, context.req.valid('param').id);
    return context.json(await viewRun(deps, found), 200);
  });
  app.openapi(cancelRoute, async (context) => {
    const { id } = context.req.valid('param');
    const canceled = await cancelRun(deps, registry, id, 'canceled by an operator');
    return context.json(await viewRun(deps, canceled), 202);
  });
  return app;
}

/**
 * Not registered with `openapi`: it ignores bodies of other media types, and rejects an empty body
 * of type JSON.
 */
function addStartRoutes(app: OpenAPIHono, deps: Deps): void {
  const add = <Parameters>(
    route: typeof testRoute | typeof jobRoute | typeof startRoute,
    parameters: z.ZodType<Parameters>,
    schema: z.ZodType<StartOptions>,
    start: (parameters: Parameters, options: StartOptions) => Promise<Run>,
  ): void => {
    app.openAPIRegistry.registerPath(route);
    app.post(route.getRoutingPath(), async (context) => {
      const found = parameters.parse(context.req.param());
      const started = await start(found, await startOptions(context.req, schema));
      return context.json(await viewRun(deps, started), 202);
    });
  };
  add(testRoute, NameParameter, TestRequest, ({ name }, options) =>
    startStepJob(deps, 'test_connection', name, options),
  );
  add(jobRoute, JobParameters, TestRequest, ({ name, kind }, options) =>
    startStepJob(deps, kind, name, options),
  );
  add(startRoute, NameParameter, StartRequest, ({ name }, options) =>
    startPipeline(deps, name, options),
  );
}

async function startOptions(
  request: HonoRequest,
  schema: z.ZodType<StartOptions>,
): Promise<StartOptions> {
  const inQuery = StartQuery.parse(request.query()).deadlineMs;
  const body = schema.parse(parseBody(await request.text()));
  if (inQuery !== undefined && body.deadlineMs !== undefined)
    throw new ControlPlaneError(
      'INPUT_INVALID',
      'deadlineMs is set both in the query and in the body',
    );
  return { ...body, deadlineMs: body.deadlineMs ?? inQuery };
}

function parseBody(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw new ControlPlaneError('INPUT_INVALID', 'request body is not valid JSON');
  }
}
