import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { stream } from 'hono/streaming';
import type { Deps } from '../deps.ts';
import { existingRun } from '../runs/existing.ts';
import { readLogs } from '../runs/run-log.ts';
import type { Run } from '../runs/run.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import { application, createRoute, jsonBody, REJECTIONS, SECURITY } from './routing.ts';
import { streamRunEvents } from './run-events.ts';
import { LogLine } from './run-schemas.ts';
import { Cursor, IdParameter, Limit } from './schemas.ts';

const logsRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs/{id}/logs',
  summary: 'Get the log of a run, across all attempts',
  security: SECURITY,
  request: { params: IdParameter, query: z.object({ after: Cursor, limit: Limit(5000, 500) }) },
  responses: {
    200: jsonBody(
      z.object({ logs: z.array(LogLine), next: z.number().int() }),
      'Log lines; `next` is the `after` of the next page',
    ),
    ...REJECTIONS,
  },
});
const RecordsQuery = z.object({ after: Cursor, limit: Limit(1_000_000, 1_000_000) });
const recordsRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs/{id}/records',
  summary: 'Get the records of the final attempt as they were received',
  security: SECURITY,
  request: { params: IdParameter, query: RecordsQuery },
  responses: {
    200: {
      description: 'One record on each line',
      content: { 'application/x-ndjson': { schema: z.string() } },
    },
    ...REJECTIONS,
  },
});
const eventsRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs/{id}/events',
  summary: 'Stream the state, progress and log of a run',
  security: SECURITY,
  request: { params: IdParameter },
  responses: {
    200: {
      description: 'Events; resumable with Last-Event-ID',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...REJECTIONS,
  },
});

const RECORDS_PAGE = 200;

/** Logs, records and events of a run. */
export function runContentsApi(deps: Deps, stopping: AbortSignal): OpenAPIHono {
  const { read } = deps.store;
  const app = application();
  app.openapi(logsRoute, async (context) => {
    const { id } = await existingRun(read, context.req.valid('param').id);
    return context.json(await readLogs(read, id, context.req.valid('query')), 200);
  });
  app.openAPIRegistry.registerPath(recordsRoute);
  app.get(recordsRoute.getRoutingPath(), async (context) => {
    const query = RecordsQuery.parse(context.req.query());
    const run = await existingRun(read, context.req.param('id'));
    if (!run.recordsKept)
      throw new ControlPlaneError('GONE', `records of run ${run.id} have been deleted`);
    context.header('content-type', 'application/x-ndjson');
    return stream(context, async (output) => {
      for await (const lines of recordLines(deps, run, query)) await output.write(lines);
    });
  });
  app.openapi(eventsRoute, async (context) => {
    const run = await existingRun(read, context.req.valid('param').id);
    return streamRunEvents(context, deps, run, stopping);
  });
  return app;
}

async function* recordLines(
  deps: Deps,
  run: Run,
  { after, limit }: { after: number; limit: number },
): AsyncGenerator<string> {
  let remaining = limit;
  for (let from = after; remaining > 0;) {
    const records = await deps.store.read.records.ofAttempt(run.id, run.epoch, {
      after: from,
      limit: Math.min(remaining, RECORDS_PAGE),
    });
    if (records.length === 0) return;
    yield records.map(({ line }) => `${line}\n`).join('');
    from = records.at(-1)!.sequence;
    remaining -= records.length;
  }
}
