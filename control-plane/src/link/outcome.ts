import type { Deps } from '../deps.ts';
import type { Limits } from '../limits.ts';
import { JOB_KIND_SPECS } from '../runs/job-kinds.ts';
import { retryPauseMs } from '../runs/retry.ts';
import { canceled, end, abandonAttempt, type Run } from '../runs/run.ts';
import { momentOf, type Moment } from '../runtime/clock.ts';
import { ControlPlaneError, type ErrorBody } from '../runtime/errors.ts';
import { problemsOf } from '../runtime/problems.ts';
import type { Attempt, Transaction } from '../store/store.ts';
import type { ParsedRecord } from './batch.ts';
import { checkIntegrity, errorOf, OutcomeRecord } from './outcome-record.ts';
import { settleCatalog } from './settle-catalog.ts';

/** Failures of the runner and not of the job: the run is retried at once. */
const RUNNER_FAILURES: ReadonlySet<string> = new Set(['RUNNER_STOPPED', 'WORKER_DIED']);

const WORKER_DIED: ErrorBody = {
  code: 'WORKER_DIED',
  message: 'worker ended without an outcome',
  remedy: 'Check the runner’s log.',
};

/** Ends the attempt with its last record. The run ends too, unless it is retried. */
export async function applyOutcome(
  tx: Transaction,
  deps: Deps,
  run: Run,
  attempt: Attempt,
  record: ParsedRecord,
): Promise<void> {
  const parsed = OutcomeRecord.safeParse(record.value);
  const next = parsed.success
    ? await applyValidOutcome(tx, deps, run, attempt, { outcome: parsed.data, line: record.line })
    : await failUnreadable(tx, deps, run, attempt, problemsOf(parsed.error));
  await tx.runs.save(next);
  const { id, attempt: number, epoch } = run;
  const outcome = parsed.success ? parsed.data.status : 'unreadable';
  deps.log.info(
    { run: id, attempt: number, epoch, outcome, state: next.status.state },
    'attempt ended',
  );
}

async function failUnreadable(
  tx: Transaction,
  deps: Deps,
  run: Run,
  attempt: Attempt,
  problem: string,
): Promise<Run> {
  await tx.runs.saveAttempt({ ...attempt, integrity: 'last record is not an outcome' });
  return end(run, 'failed', deps.clock.now(), {
    code: 'PROTOCOL_VIOLATION',
    message: `cannot read the runner’s outcome: ${problem}`,
    remedy: 'Update the runner or the control plane, whichever is older.',
  });
}

async function applyValidOutcome(
  tx: Transaction,
  deps: Deps,
  run: Run,
  attempt: Attempt,
  { outcome, line }: { readonly outcome: OutcomeRecord; readonly line: string },
): Promise<Run> {
  const { status, counts, steps, failures, builtOn } = outcome;
  const integrity = await checkIntegrity(tx, attempt, outcome);
  await tx.runs.saveAttempt({
    ...attempt,
    outcome: { status, counts, steps, failures },
    integrity,
  });
  const next = afterOutcome(run, outcome, integrity, momentOf(deps.clock), deps.limits);
  const succeeded = next.status.state === 'success' || next.status.state === 'partialSuccess';
  return succeeded
    ? settleCatalog(tx, deps, { before: run, after: next }, attempt, { builtOn, outcomeLine: line })
    : next;
}

/**
 * The run after a valid outcome: retried, failed because of its integrity, or ended with the status
 * of the outcome.
 */
function afterOutcome(
  run: Run,
  outcome: OutcomeRecord,
  integrity: string,
  at: Moment,
  limits: Limits,
): Run {
  const { status } = outcome;
  const error = errorOf(outcome);
  const retry = (reason: ErrorBody, pauseMs = 0): Run =>
    abandonAttempt(run, reason, { at, maxAttempts: limits.maxAttempts, pauseMs });
  if (status === 'interrupted') return retry(error ?? WORKER_DIED);
  if (status === 'failed' && error !== null && outcome.error?.retryable === true) {
    if (RUNNER_FAILURES.has(error.code)) return retry(error);
    if (JOB_KIND_SPECS[run.kind].retried) return retry(error, retryPauseMs(run.attempt, limits));
  }
  if (integrity !== 'ok') {
    const mismatch = new ControlPlaneError('INTEGRITY_MISMATCH', integrity);
    return end(run, 'failed', at.now, mismatch.body());
  }
  const reason = error ?? canceled(run.cancelReason ?? 'canceled by the runner');
  return end(run, status, at.now, status === 'cancelled' ? reason : error);
}
