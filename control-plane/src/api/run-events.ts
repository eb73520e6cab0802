import type { Context } from 'hono';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import { isEnded, type Run } from '../runs/run.ts';
import { readLogs } from '../runs/run-log.ts';
import { viewRun } from '../runs/run-view.ts';
import type { Deps } from '../deps.ts';

const LOG_PAGE = 200;
const KEEP_ALIVE_MS = 15_000;

/**
 * Streams the events `state` (the run without its progress), `progress` and `log` as they change,
 * and `end` after the last one. The id of an event is the cursor of the last log line before it: a
 * client that reconnects with Last-Event-ID gets each line once, and the current state and
 * progress.
 */
export function streamRunEvents(
  context: Context,
  deps: Deps,
  run: Run,
  stopping: AbortSignal,
): Response {
  const resumed = Number(context.req.header('last-event-id') ?? 0);
  const cursor = Number.isSafeInteger(resumed) && resumed > 0 ? resumed : 0;
  context.header('cache-control', 'no-store');
  context.header('x-accel-buffering', 'no');
  return streamSSE(context, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    await follow(stream, deps, run.id, cursor, AbortSignal.any([gone.signal, stopping]));
  });
}

async function follow(
  stream: SSEStreamingApi,
  deps: Deps,
  runId: string,
  from: number,
  signal: AbortSignal,
): Promise<void> {
  const sent = { cursor: from, state: '', progress: '' };
  while (!signal.aborted) {
    const watch = deps.changes.watch(runId);
    if (await sendChanges(stream, deps, runId, sent)) return watch.end();
    const changed = await watch.wait(deps.clock, KEEP_ALIVE_MS, signal);
    if (!changed && !signal.aborted) await stream.write(': keep-alive\n\n');
  }
}

/** Returns true once the run and its relay have ended and everything has been sent. */
async function sendChanges(
  stream: SSEStreamingApi,
  deps: Deps,
  runId: string,
  sent: { cursor: number; state: string; progress: string },
): Promise<boolean> {
  const run = await deps.store.read.runs.get(runId);
  if (run === undefined) return true;
  const { progress, ...rest } = await viewRun(deps, run);
  await sendLogs(stream, deps, runId, sent);
  const id = String(sent.cursor);
  const now = { state: JSON.stringify(rest), progress: JSON.stringify(progress) };
  if (progress !== null && now.progress !== sent.progress)
    await stream.writeSSE({ event: 'progress', id, data: now.progress });
  if (now.state !== sent.state) await stream.writeSSE({ event: 'state', id, data: now.state });
  Object.assign(sent, now);
  if (!isEnded(run.status) || isUnderWay(rest.relay)) return false;
  await stream.writeSSE({ event: 'end', id, data: '{}' });
  return true;
}

/** The results of an ended run may still be on their way to OpenMetadata. */
function isUnderWay(relay: Awaited<ReturnType<typeof viewRun>>['relay']): boolean {
  return relay !== null && relay.state !== 'done' && relay.state !== 'failed';
}

async function sendLogs(
  stream: SSEStreamingApi,
  deps: Deps,
  runId: string,
  sent: { cursor: number },
): Promise<void> {
  for (;;) {
    const { logs, next } = await readLogs(deps.store.read, runId, {
      after: sent.cursor,
      limit: LOG_PAGE,
    });
    for (const line of logs)
      await stream.writeSSE({ event: 'log', id: String(line.cursor), data: JSON.stringify(line) });
    sent.cursor = next;
    if (logs.length < LOG_PAGE) return;
  }
}
