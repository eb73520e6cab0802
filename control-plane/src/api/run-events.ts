import type { Context } from 'hono';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import { isEnded, type Run } from '../runs/run.ts';
import { readLogs } from '../runs/run-log.ts';
import { viewRun } from '../runs/run-view.ts';
import type { Ground } from '../deps.ts';

const LOG_PAGE = 200;
const KEEP_ALIVE_MS = 15_000;

/**
 * Events `state` (the run without its progress), `progress` and `log`, each when it changes, and `end` when nothing can
 * follow. The id of an event is the cursor of the last log line before it: a client that comes back with Last-Event-ID gets
 * each line once, and state and progress as they are then.
 */
export function streamEvents(
  context: Context,
  ground: Ground,
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
    await follow(stream, ground, run.id, cursor, AbortSignal.any([gone.signal, stopping]));
  });
}

async function follow(
  stream: SSEStreamingApi,
  ground: Ground,
  runId: string,
  from: number,
  signal: AbortSignal,
): Promise<void> {
  const sent = { cursor: from, state: '', progress: '' };
  while (!signal.aborted) {
    const pause = new AbortController();
    const either = AbortSignal.any([signal, pause.signal]);
    const changed = ground.changes.next(runId, either);
    if (await sendNews(stream, ground, runId, sent)) {
      pause.abort();
      return;
    }
    const idle = ground.clock.sleep(KEEP_ALIVE_MS, either).then(() => 'idle');
    if ((await Promise.race([changed, idle])) === 'idle' && !signal.aborted)
      await stream.write(': still here\n\n');
    pause.abort();
  }
}

/** Whether the run has ended and everything about it has been sent. */
async function sendNews(
  stream: SSEStreamingApi,
  ground: Ground,
  runId: string,
  sent: { cursor: number; state: string; progress: string },
): Promise<boolean> {
  const run = await ground.store.read.runs.get(runId);
  if (run === undefined) return true;
  const { progress, ...rest } = await viewRun(ground, run);
  await sendLogs(stream, ground, runId, sent);
  const id = String(sent.cursor);
  const now = { state: JSON.stringify(rest), progress: JSON.stringify(progress) };
  if (progress !== null && now.progress !== sent.progress)
    await stream.writeSSE({ event: 'progress', id, data: now.progress });
  if (now.state !== sent.state) await stream.writeSSE({ event: 'state', id, data: now.state });
  Object.assign(sent, now);
  if (!isEnded(run.status)) return false;
  await stream.writeSSE({ event: 'end', id, data: '{}' });
  return true;
}

async function sendLogs(
  stream: SSEStreamingApi,
  ground: Ground,
  runId: string,
  sent: { cursor: number },
): Promise<void> {
  for (;;) {
    const { logs, next } = await readLogs(ground.store.read, runId, {
      after: sent.cursor,
      limit: LOG_PAGE,
    });
    for (const line of logs)
      await stream.writeSSE({ event: 'log', id: String(line.cursor), data: JSON.stringify(line) });
    sent.cursor = next;
    if (logs.length < LOG_PAGE) return;
  }
}
