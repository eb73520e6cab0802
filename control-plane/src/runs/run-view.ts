import { JOB_TRAITS } from './job-kinds.ts';
import { isEnded, type Run } from './run.ts';
import type { Wait } from './placement.ts';
import type { Ground } from '../deps.ts';
import type { Attempt, Reads } from '../store/store.ts';
import { failureOf, stepOf } from './stored-lines.ts';

const MAX_STEPS = 100;
const MAX_FAILURES = 100;

/** A run as the API shows it: counts are those of its present attempt, which is the final one once it has ended. */
export async function viewRun(ground: Ground, run: Run) {
  const { read } = ground.store;
  const attempt = await presentAttempt(read, run);
  const ended = isEnded(run.status) ? run.status : undefined;
  return {
    id: run.id,
    kind: run.kind,
    service: run.service,
    pipeline: run.pipeline,
    runner: attempt?.runnerId ?? null,
    runnerName:
      attempt === undefined ? null : ((await read.runners.get(attempt.runnerId))?.name ?? null),
    state: run.status.state,
    attempt: run.attempt,
    maxAttempts: ground.limits.maxAttempts,
    epoch: run.epoch,
    cancelRequested: run.cancelReason !== null,
    queuedAt: run.queuedAt,
    startedAt: run.startedAt,
    endedAt: ended?.endedAt ?? null,
    waiting: viewWait(ground, run),
    lastFailure: run.lastFailure,
    progress: ground.progress.get(run.id) ?? null,
    counts: attempt?.outcome?.counts ?? {},
    entities: attempt?.entities ?? 0,
    records: attempt?.storedSequence ?? 0,
    wireBytes: attempt?.wireBytes ?? 0,
    channel: attempt?.channel ?? null,
    testConnection: JOB_TRAITS[run.kind].hasSteps
      ? await viewTestConnection(read, run, attempt)
      : null,
    steps: [...(attempt?.outcome?.steps ?? [])],
    failures: await failuresOf(read, run, attempt),
    error: ended?.error ?? null,
    integrity: attempt?.integrity ?? null,
    deadlineMs: run.deadlineMs,
    whole: run.whole,
    recordsKept: run.recordsKept,
  };
}

export type RunView = Awaited<ReturnType<typeof viewRun>>;

/** Why it waits; null when it does not, and for the moment before the dispatcher has looked at it. */
function viewWait(ground: Ground, run: Run) {
  if (run.status.state !== 'queued') return null;
  const { retryAt, absence } = run.status;
  const wait: Wait | undefined = ground.waits.get(run.id);
  if (wait === undefined) return null;
  const { code, message, remedy } = wait;
  return {
    code,
    message,
    remedy,
    retryAt: code === 'RETRY_PAUSE' ? retryAt : null,
    since: absence?.since ?? null,
    endsAt: absence === null ? null : absence.since + ground.limits.absenceLimitMs,
  };
}

/** A queued run after a lost attempt has none: what was stored before does not count. */
function presentAttempt(read: Reads, run: Run): Promise<Attempt | undefined> {
  return run.status.state === 'queued'
    ? Promise.resolve(undefined)
    : read.runs.attempt(run.id, run.epoch);
}

/** OpenMetadata's testConnectionResult, filled as the steps arrive. */
async function viewTestConnection(read: Reads, run: Run, attempt: Attempt | undefined) {
  const stored =
    attempt === undefined
      ? []
      : await read.records.ofAttempt(run.id, attempt.epoch, { after: 0, limit: MAX_STEPS }, 'step');
  const steps = stored.map(({ line }) => stepOf(line));
  return { status: testStatus(run, steps), steps };
}

function testStatus(
  run: Run,
  steps: readonly { readonly passed: boolean }[],
): 'Running' | 'Successful' | 'Failed' {
  if (!isEnded(run.status)) return 'Running';
  return run.status.state === 'success' && steps.every(({ passed }) => passed)
    ? 'Successful'
    : 'Failed';
}

async function failuresOf(
  read: Reads,
  run: Run,
  attempt: Attempt | undefined,
): Promise<Readonly<Record<string, unknown>>[]> {
  if (attempt === undefined) return [];
  if (attempt.outcome !== null && attempt.outcome.failures.length > 0)
    return [...attempt.outcome.failures];
  const stored = await read.records.ofAttempt(
    run.id,
    attempt.epoch,
    { after: 0, limit: MAX_FAILURES },
    'failure',
  );
  return stored.map(({ line }) => failureOf(line));
}
