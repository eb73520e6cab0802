import { z } from 'zod';
import { isBuiltOn, revisionAfter, settledBy } from '../catalog/catalog-state.ts';
import { momentOf, type Moment } from '../runtime/clock.ts';
import { ControlPlaneError, type ErrorBody } from '../runtime/errors.ts';
import { JOB_TRAITS } from '../runs/job-kinds.ts';
import { problemsOf } from '../runtime/problems.ts';
import { retryPauseMs } from '../runs/retry.ts';
import { cancelled, end, giveUpAttempt, type EndState, type Run } from '../runs/run.ts';
import type { Ground, Limits } from '../deps.ts';
import type { Attempt, Transaction } from '../store/store.ts';
import type { ParsedRecord } from './batch.ts';
import { applyFindings } from '../catalog/catalog-effects.ts';

const Failure = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string().default(''),
  retryable: z.boolean().default(false),
});

const Outcome = z.object({
  kind: z.literal('outcome'),
  status: z.enum(['success', 'partialSuccess', 'failed', 'cancelled', 'expired', 'interrupted']),
  counts: z.record(z.string(), z.number()).default({}),
  steps: z.array(z.record(z.string(), z.unknown())).default([]),
  failures: z.array(z.record(z.string(), z.unknown())).default([]),
  error: Failure.optional(),
  records: z.number().int(),
  digest: z.string(),
  /** The revision of the catalog that the run went by; absent when it read everything. */
  builtOn: z.string().min(1).optional(),
});
type Outcome = z.infer<typeof Outcome>;

/** Failures of the runner, not of the job: another attempt may do better at once. */
const RUNNER_FAILURES = new Set(['RUNNER_STOPPED', 'WORKER_DIED']);

/** Ends the attempt with its last record, and the run unless it is to be tried again. */
export async function applyOutcome(
  tx: Transaction,
  ground: Ground,
  run: Run,
  attempt: Attempt,
  record: ParsedRecord,
): Promise<void> {
  const at = momentOf(ground.clock);
  const parsed = Outcome.safeParse(record.value);
  if (!parsed.success) {
    await tx.runs.saveAttempt({ ...attempt, integrity: 'the last record is not an outcome' });
    await tx.runs.save(end(run, 'failed', at.now, unreadableOutcome(problemsOf(parsed.error))));
    return;
  }
  const { status, counts, steps, failures } = parsed.data;
  const integrity = await checkIntegrity(tx, attempt, parsed.data);
  await tx.runs.saveAttempt({
    ...attempt,
    outcome: { status, counts, steps, failures },
    integrity,
  });
  const next = afterOutcome(run, parsed.data, integrity, at, ground.limits);
  const endedWell = next.status.state === 'success' || next.status.state === 'partialSuccess';
  const settled = endedWell
    ? await settle(tx, ground, { before: run, after: next }, attempt, {
        builtOn: parsed.data.builtOn,
        line: record.line,
      })
    : next;
  await tx.runs.save(settled);
  ground.log.info(
    {
      run: run.id,
      attempt: run.attempt,
      epoch: run.epoch,
      outcome: status,
      state: settled.status.state,
    },
    'attempt ended',
  );
}

/**
 * Applies the findings of an attempt that ended well, and gives the catalog the revision that it leads to. What an attempt
 * left out because of another state of the catalog than this one is missing here: it is given up, and another one reads
 * everything.
 */
async function settle(
  tx: Transaction,
  ground: Ground,
  run: { readonly before: Run; readonly after: Run },
  attempt: Attempt,
  { builtOn, line }: { readonly builtOn: string | undefined; readonly line: string },
): Promise<Run> {
  const { service } = run.before;
  if (!(await isComplete(tx, service, attempt, builtOn))) return giveUpStale(ground, run.before);
  const { ended, complete } = await afterFindings(tx, ground, run.after, attempt);
  const state = settledBy(
    await tx.catalogStates.get(service),
    attempt,
    revisionAfter(ended.id, attempt.epoch, line),
  );
  await tx.catalogStates.save(complete ? state : { ...state, revision: '', keeper: null });
  return ended;
}

/** Whether all that the attempt left out is in the catalog. One that takes something for unchanged has to say since when. */
async function isComplete(
  tx: Transaction,
  service: string,
  attempt: Attempt,
  builtOn: string | undefined,
): Promise<boolean> {
  if (builtOn !== undefined)
    return isBuiltOn(await tx.catalogStates.get(service), attempt.generation, builtOn);
  return (
    (await tx.records.ofAttempt(attempt.runId, attempt.epoch, { after: 0, limit: 1 }, 'unchanged'))
      .length === 0
  );
}

function giveUpStale(ground: Ground, run: Run): Run {
  const reason = new ControlPlaneError(
    'CATALOG_MOVED',
    'the run left out what had not changed since a state that the catalog is not in',
  );
  return giveUpAttempt(run, reason.body(), {
    at: momentOf(ground.clock),
    maxAttempts: ground.limits.maxAttempts,
  });
}

/** A run that is said to have changed nothing, in a catalog that has not got it all, is no success: the runner's memory and this store have come apart. */
async function afterFindings(
  tx: Transaction,
  ground: Ground,
  run: Run,
  attempt: Attempt,
): Promise<{ readonly ended: Run; readonly complete: boolean }> {
  const now = ground.clock.now();
  const { removed, unknown } = await applyFindings(tx, run, attempt, now);
  if (removed > 0)
    ground.log.info(
      { run: run.id, removed },
      'entities that are gone from the source were marked as deleted',
    );
  if (unknown === 0) return { ended: run, complete: true };
  if (run.status.state !== 'success') return { ended: run, complete: false };
  const ended = end(
    run,
    'partialSuccess',
    now,
    new ControlPlaneError(
      'CATALOG_INCOMPLETE',
      `${unknown === 1 ? 'an entity' : `${unknown} entities`} that the runner reports as unchanged ${unknown === 1 ? 'is' : 'are'} not known here`,
    ).body(),
  );
  return { ended, complete: false };
}

function afterOutcome(
  run: Run,
  outcome: Outcome,
  integrity: string,
  at: Moment,
  limits: Limits,
): Run {
  const { now } = at;
  const { maxAttempts } = limits;
  const error = outcome.error === undefined ? null : body(outcome.error);
  const mayPass = outcome.status === 'failed' && outcome.error?.retryable === true;
  if (
    outcome.status === 'interrupted' ||
    (mayPass && RUNNER_FAILURES.has(outcome.error?.code ?? ''))
  ) {
    return giveUpAttempt(
      run,
      error ?? {
        code: 'WORKER_DIED',
        message: 'the worker ended without a result',
        remedy: 'See the runner’s log.',
      },
      { at, maxAttempts },
    );
  }
  if (mayPass && error !== null && JOB_TRAITS[run.kind].retried)
    return giveUpAttempt(run, error, {
      at,
      maxAttempts,
      pauseMs: retryPauseMs(run.attempt, limits),
    });
  if (integrity !== 'ok')
    return end(run, 'failed', now, new ControlPlaneError('INTEGRITY_MISMATCH', integrity).body());
  const state: EndState = outcome.status;
  return end(
    run,
    state,
    now,
    state === 'cancelled'
      ? (error ?? cancelled(run.cancelReason ?? 'cancelled by the runner'))
      : error,
  );
}

function body({ code, message, remedy }: z.infer<typeof Failure>): ErrorBody {
  return { code, message, remedy };
}

function unreadableOutcome(problem: string): ErrorBody {
  return {
    code: 'PROTOCOL_VIOLATION',
    message: `the runner’s outcome cannot be read: ${problem}`,
    remedy: 'Update the older side.',
  };
}

/** Whether the outcome vouches for what has been stored. */
async function checkIntegrity(
  tx: Transaction,
  attempt: Attempt,
  outcome: Outcome,
): Promise<string> {
  const before = attempt.storedSequence - 1;
  if (outcome.records !== before)
    return `the outcome speaks of ${outcome.records} records before it; ${before} are stored`;
  if (outcome.digest === '')
    return outcome.status === 'interrupted' ? 'ok' : 'the outcome has no digest';
  const digest = await tx.records.digest(attempt.runId, attempt.epoch, before);
  return digest === outcome.digest
    ? 'ok'
    : 'the digest of the outcome does not match the records that are stored';
}
