import { z, type OpenAPIHono } from '@hono/zod-openapi';
import type { HonoRequest } from 'hono';
import { stream } from 'hono/streaming';
import { ControlPlaneError } from '../runtime/errors.ts';
import type { Registry } from '../link/registry.ts';
import { readLogs } from '../runs/run-log.ts';
import { viewRun } from '../runs/run-view.ts';
import { cancelRun, startPipeline, startTestConnection, type Start } from '../runs/start-run.ts';
import { JOB_KINDS } from '../runs/job-kinds.ts';
import { RUN_STATES, type Run } from '../runs/run.ts';
import type { Ground } from '../deps.ts';
import { streamEvents } from './run-events.ts';
import { application, createRoute, jsonBody, REFUSALS, SECURITY } from './routing.ts';
import {
  Cursor,
  IdParameter,
  Limit,
  LogLine,
  NameParameter,
  RunViewSchema,
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
  responses: { 202: run('The run'), ...REFUSALS },
});
const startRoute = createRoute({
  method: 'post',
  path: '/api/v1/pipelines/{name}/runs',
  summary: 'Run a pipeline',
  security: SECURITY,
  request: { params: NameParameter, ...startBody(StartRequest) },
  responses: { 202: run('The run'), ...REFUSALS },
});
const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs',
  summary: 'Runs, newest first',
  security: SECURITY,
  request: { query: RunsQuery },
  responses: {
    200: jsonBody(
      z.object({ runs: z.array(RunViewSchema), next: z.string().nullable() }),
      'A page of runs; `next` is the `before` of the next page',
    ),
    ...REFUSALS,
  },
});
const getRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs/{id}',
  summary: 'One run',
  security: SECURITY,
  request: { params: IdParameter },
  responses: { 200: run('The run'), ...REFUSALS },
});
const cancelRoute = createRoute({
  method: 'post',
  path: '/api/v1/runs/{id}/cancel',
  summary: 'Stop a run',
  security: SECURITY,
  request: { params: IdParameter },
  responses: { 202: run('The run'), ...REFUSALS },
});
const logsRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs/{id}/logs',
  summary: 'Log of a run, over all its attempts',
  security: SECURITY,
  request: { params: IdParameter, query: z.object({ after: Cursor, limit: Limit(5000, 500) }) },
  responses: {
    200: jsonBody(
      z.object({ logs: z.array(LogLine), next: z.number().int() }),
      'Lines; `next` is the `after` of the next call',
    ),
    ...REFUSALS,
  },
});
const RecordsQuery = z.object({ after: Cursor, limit: Limit(1_000_000, 1_000_000) });
const recordsRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs/{id}/records',
  summary: 'Records of the final attempt, as they came',
  security: SECURITY,
  request: { params: IdParameter, query: RecordsQuery },
  responses: {
    200: {
      description: 'A record a line',
      content: { 'application/x-ndjson': { schema: z.string() } },
    },
    ...REFUSALS,
  },
});
const eventsRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs/{id}/events',
  summary: 'State, progress and log of a run as they come',
  security: SECURITY,
  request: { params: IdParameter },
  responses: {
    200: {
      description: 'Events; resumable with Last-Event-ID',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...REFUSALS,
  },
});

const RECORDS_PAGE = 200;

export function runsApi(ground: Ground, registry: Registry, stopping: AbortSignal): OpenAPIHono {
  const app = application();
  for (const [route, schema, start] of [
    [testRoute, TestRequest, startTestConnection],
    [startRoute, StartRequest, startPipeline],
  ] as const) {
    app.openAPIRegistry.registerPath(route);
    app.post(route.getRoutingPath(), async (context) => {
      const { name } = NameParameter.parse(context.req.param());
      return context.json(
        await viewRun(ground, await start(ground, name, await startOf(context.req, schema))),
        202,
      );
    });
  }
  app.openapi(listRoute, async (context) => {
    const query = context.req.valid('query');
    const found = await ground.store.read.runs.list({ ...query, limit: query.limit + 1 });
    const page = found.slice(0, query.limit);
    return context.json(
      {
        runs: await Promise.all(page.map((one) => viewRun(ground, one))),
        next: found.length > query.limit ? page.at(-1)!.id : null,
      },
      200,
    );
  });
  app.openapi(getRoute, async (context) =>
    context.json(
      await viewRun(ground, await existingRun(ground, context.req.valid('param').id)),
      200,
    ),
  );
  app.openapi(cancelRoute, async (context) => {
    const stopped = await cancelRun(
      ground,
      registry,
      context.req.valid('param').id,
      'cancelled by an operator',
    );
    return context.json(await viewRun(ground, stopped), 202);
  });
  app.openapi(logsRoute, async (context) => {
    const { id } = await existingRun(ground, context.req.valid('param').id);
    return context.json(await readLogs(ground.store.read, id, context.req.valid('query')), 200);
  });
  app.openAPIRegistry.registerPath(recordsRoute);
  app.get(recordsRoute.getRoutingPath(), async (context) => {
    const query = RecordsQuery.parse(context.req.query());
    const found = await existingRun(ground, context.req.param('id'));
    if (!found.recordsKept)
      throw new ControlPlaneError(
        'GONE',
        `the records of ${found.id} were deleted because newer runs came`,
      );
    context.header('content-type', 'application/x-ndjson');
    return stream(context, async (output) => {
      for await (const lines of recordLines(ground, found, query)) await output.write(lines);
    });
  });
  app.openapi(eventsRoute, async (context) =>
    streamEvents(
      context,
      ground,
      await existingRun(ground, context.req.valid('param').id),
      stopping,
    ),
  );
  return app;
}

/** The framework's own reading passes over a body of another media type, and refuses an empty one that is said to be JSON. */
async function startOf(request: HonoRequest, schema: z.ZodType<Start>): Promise<Start> {
  const inQuery = StartQuery.parse(request.query()).deadlineMs;
  const body = schema.parse(parseJson(await request.text()));
  if (inQuery !== undefined && body.deadlineMs !== undefined)
    throw new ControlPlaneError(
      'INPUT_INVALID',
      'deadlineMs is given twice: in the query and in the body',
    );
  return { ...body, deadlineMs: body.deadlineMs ?? inQuery };
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw new ControlPlaneError('INPUT_INVALID', 'the body is not JSON');
  }
}

async function existingRun(ground: Ground, id: string): Promise<Run> {
  const found = await ground.store.read.runs.get(id);
  if (found === undefined) throw new ControlPlaneError('NOT_FOUND', `there is no run ${id}`);
  return found;
}

async function* recordLines(
  ground: Ground,
  run: Run,
  { after, limit }: { after: number; limit: number },
): AsyncGenerator<string> {
  let left = limit;
  for (let from = after; left > 0;) {
    const records = await ground.store.read.records.ofAttempt(run.id, run.epoch, {
      after: from,
      limit: Math.min(left, RECORDS_PAGE),
    });
    if (records.length === 0) return;
    yield records.map(({ line }) => `${line}\n`).join('');
    from = records.at(-1)!.sequence;
    left -= records.length;
  }
}
