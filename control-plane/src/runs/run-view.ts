import { JOB_KIND_SPECS } from './job-kinds.ts';
import { isEnded, type Run } from './run.ts';
import type { Wait } from './placement.ts';
import type { Deps } from '../deps.ts';
import type { Relay } from '../store/relay.ts';
import type { Attempt, StoreReader } from '../store/store.ts';
import { failureOf, stepOf } from './stored-lines.ts';

const MAX_STEPS = 100;
const MAX_FAILURES = 100;

/**
 * A run as the API shows it, with the counts of its current attempt, which is the final one once
 * the run has ended.
 */
export async function viewRun(deps: Deps, run: Run) {
  const { read } = deps.store;
  const attempt = await currentAttempt(read, run);
  return {
    ...viewState(deps, run),
    ...viewAttempt(attempt),
    runnerName:
      attempt === undefined ? null : ((await read.runners.get(attempt.runnerId))?.name ?? null),
    testConnection: JOB_KIND_SPECS[run.kind].hasSteps
      ? await viewTestConnection(read, run, attempt)
      : null,
    failures: await failuresOf(read, run, attempt),
    relay: viewRelay(await read.relays.get(run.id)),
  };
}

function viewState(deps: Deps, run: Run) {
  const ended = isEnded(run.status) ? run.status : undefined;
  const { id, kind, service, pipeline, attempt, epoch, queuedAt, startedAt, lastFailure } = run;
  const { deadlineMs, fullRun, recordsKept, pool, slot } = run;
  return {
    id,
    kind,
    service,
    pipeline,
    state: run.status.state,
    attempt,
    maxAttempts: deps.limits.maxAttempts,
    epoch,
    cancelRequested: run.cancelReason !== null,
    queuedAt,
    startedAt,
    endedAt: ended?.endedAt ?? null,
    waiting: viewWait(deps, run),
    lastFailure,
    progress: deps.progress.get(id) ?? null,
    error: ended?.error ?? null,
    pool,
    slot,
    deadlineMs,
    fullRun,
    recordsKept,
  };
}

function viewAttempt(attempt: Attempt | undefined) {
  return {
    runner: attempt?.runnerId ?? null,
    counts: attempt?.outcome?.counts ?? {},
    entities: attempt?.entities ?? 0,
    records: attempt?.storedSequence ?? 0,
    wireBytes: attempt?.wireBytes ?? 0,
    channel: attempt?.channel ?? null,
    steps: [...(attempt?.outcome?.steps ?? [])],
    integrity: attempt?.integrity ?? null,
  };
}

/** Why the run waits; null when it does not, and until the next dispatch. */
function viewWait(deps: Deps, run: Run) {
  if (run.status.state !== 'queued') return null;
  const { retryAt, absence } = run.status;
  const wait: Wait | undefined = deps.waits.get(run.id);
  if (wait === undefined) return null;
  const { code, message, remedy } = wait;
  return {
    code,
    message,
    remedy,
    retryAt: code === 'RETRY_PAUSE' ? retryAt : null,
    since: absence?.since ?? null,
    endsAt: absence === null ? null : absence.since + deps.limits.absenceLimitMs,
  };
}

/**
 * How far the results are on their way to OpenMetadata; null for a pipeline that is managed here.
 */
function viewRelay(relay: Relay | undefined) {
  if (relay === undefined) return null;
  const { endpoint, pipelineFqn, pipelineRunId, status, counts } = relay;
  const trouble = 'trouble' in status ? status.trouble : null;
  return {
    endpoint,
    pipelineFqn,
    pipelineRunId,
    state: status.state,
    result: 'result' in status ? status.result : null,
    counts,
    error: trouble?.error ?? ('error' in status ? status.error : null),
    troubleSince: trouble?.since ?? null,
  };
}

/** Undefined for a queued run: records of an abandoned attempt do not count. */
function currentAttempt(read: StoreReader, run: Run): Promise<Attempt | undefined> {
  return run.status.state === 'queued'
    ? Promise.resolve(undefined)
    : read.runs.attempt(run.id, run.epoch);
}

/** OpenMetadata's testConnectionResult, completed as steps arrive. */
async function viewTestConnection(read: StoreReader, run: Run, attempt: Attempt | undefined) {
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
  read: StoreReader,
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
