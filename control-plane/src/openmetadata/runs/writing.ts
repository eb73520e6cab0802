import type { Failure, NamedFailure } from '../../../../foundation/src/domain/failure.ts';
import type { OutcomeStatus } from '../../../../foundation/src/domain/record.ts';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { SinkReport } from '../../../../openmetadata/src/sink/records.ts';
import { isEnded, type EndState } from '../../runs/run.ts';
import type { Relay } from '../../store/relay.ts';
import { AttemptWriter, type Written } from './attempt-writer.ts';
import type { RelayDeps } from './relay-deps.ts';
import type { RelayLog } from './relay-log.ts';
import { resultOf } from './relay-status.ts';
import { endedAs, isSuccess, mayPass, rejected, stopped, type RelayStep } from './relay-step.ts';
import { Supervisor, type Seen } from './supervisor.ts';

const TICK_MS = 1000;
const MAX_LOGGED = 20;

/** Waits until an attempt runs, or the run has ended. Only a success is written afterwards. */
export async function awaitAttempt(
  { runId }: Relay,
  { deps, save }: RelayStep,
  signal: AbortSignal,
): Promise<void> {
  await untilStarted(deps, runId, signal);
  await save(async (relay, tx, run) => {
    if (isEnded(run.status) && !isSuccess(run)) return { ...relay, status: endedAs(run) };
    if (!isEnded(run.status) && run.status.state !== 'running') return relay;
    await tx.relays.deleteMark(relay.endpoint, relay.service);
    return { ...relay, status: { state: 'writing', epoch: run.epoch, trouble: null } };
  });
}

async function untilStarted(
  { store, changes, clock }: RelayDeps,
  runId: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const watch = changes.watch(runId);
    const run = await store.read.runs.get(runId);
    if (run === undefined || isEnded(run.status) || run.status.state === 'running')
      return watch.end();
    await watch.wait(clock, TICK_MS, signal);
  }
}

export interface Attempted {
  readonly epoch: number;
  /** An attempt is not written again for records that did not arrive. */
  readonly lastTry: boolean;
}

/** Writes the attempt from its first record on. */
export async function writeAttempt(
  relay: Relay,
  { epoch, lastTry }: Attempted,
  step: RelayStep,
  signal: AbortSignal,
): Promise<void> {
  const { deps, session, save, log } = step;
  const run = await deps.store.read.runs.get(relay.runId);
  if (run === undefined) throw new RunnerError('INTERNAL', 'the run is gone');
  const seen: Seen = { progress: undefined };
  const sink = session.sink(relay, log, (progress) => (seen.progress = progress));
  const writer = new AttemptWriter(deps, { ...run, epoch }, sink);
  const supervisor = new Supervisor({ ...step, relay, epoch, seen });
  try {
    const written = await supervisor.over((bounded) => writer.write(bounded), signal);
    if (written === 'interrupted') await afterInterruption(epoch, step);
    else await afterWriting(written, lastTry, step);
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (signal.aborted || mayPass(error)) throw error;
    await save((current) => ({ ...current, status: rejected(error) }));
  } finally {
    await sink.close();
  }
}

/** The attempt was abandoned, or a user stopped the run. */
async function afterInterruption(epoch: number, { save }: RelayStep): Promise<void> {
  await save((relay, _tx, run) => {
    if (isEnded(run.status) && !isSuccess(run)) return { ...relay, status: endedAs(run) };
    if (relay.stopped) return { ...relay, status: stopped() };
    const moved = run.epoch !== epoch || run.status.state !== 'running';
    return moved ? { ...relay, status: { state: 'pending', trouble: null } } : relay;
  });
}

async function afterWriting(
  { run, attempt, report }: Written,
  lastTry: boolean,
  { save, log }: RelayStep,
): Promise<void> {
  const { counts, failures, error, step } = report;
  if (isSuccess(run)) throwPassing(report, lastTry);
  logWritten(log, isSuccess(run), counts, failures);
  const ended = endedAs(run);
  const reported = error === undefined ? ended.error : bodyOf(error);
  await save((relay) => ({
    ...relay,
    counts,
    status: {
      ...ended,
      result: isSuccess(run) ? resultOf(endState(report.status)) : ended.result,
      error: reported,
      steps: [...(attempt.outcome?.steps ?? []), { ...step }],
      complete: isSuccess(run) && error === undefined && failures.length === 0,
    },
  }));
}

/** Throws what may have passed when the attempt is written again. */
function throwPassing({ error, failures }: SinkReport, lastTry: boolean): void {
  if (error !== undefined && mayPass(RunnerError.fromFailure(error)))
    throw RunnerError.fromFailure(error);
  const passing = failures.find(({ retryable }) => retryable);
  if (passing !== undefined && !lastTry) throw RunnerError.fromFailure(passing);
}

function logWritten(
  log: RelayLog,
  isComplete: boolean,
  counts: SinkReport['counts'],
  failures: readonly NamedFailure[],
): void {
  if (isComplete) log.log('info', 'results written to OpenMetadata', counts);
  else if (Object.keys(counts).length > 0)
    log.log('info', 'run failed; partial results written to OpenMetadata', counts);
  for (const { name, code, message } of failures.slice(0, MAX_LOGGED))
    log.log('warn', 'OpenMetadata rejected a record', { name, code, error: message });
}

function bodyOf({ code, message, remedy }: Failure) {
  return { code, message, remedy };
}

function endState(status: OutcomeStatus): EndState {
  return status === 'interrupted' ? 'cancelled' : status;
}
