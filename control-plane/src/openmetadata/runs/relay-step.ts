import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { isEnded, type Run } from '../../runs/run.ts';
import type { ErrorBody } from '../../runtime/errors.ts';
import type { Relay, RelayStatus } from '../../store/relay.ts';
import type { Transaction } from '../../store/store.ts';
import type { RelayDeps } from './relay-deps.ts';
import type { RelayLog } from './relay-log.ts';
import type { RelaySession } from './relay-session.ts';
import { resultOf } from './relay-status.ts';

/** Saves a change of the relay; what it writes is in the same transaction. */
export type SaveRelay = (
  change: (relay: Relay, tx: Transaction, run: Run) => Relay | Promise<Relay>,
) => Promise<Relay>;

/** What a step works with. It throws what keeps it from its end. */
export interface RelayStep {
  readonly deps: RelayDeps;
  readonly log: RelayLog;
  readonly save: SaveRelay;
  readonly session: RelaySession;
}

export type Reporting = Extract<RelayStatus, { state: 'reporting' }>;

export function isSuccess({ status }: Run): boolean {
  return status.state === 'success' || status.state === 'partialSuccess';
}

/** Whether a failure may pass by waiting, or by what an administrator does meanwhile. */
export function mayPass({ retryable, code }: RunnerError): boolean {
  return retryable || code === 'SINK_UNAUTHORIZED' || code === 'TLS_UNTRUSTED';
}

/** The report of a run that has ended, before anything is known about its records. */
export function endedAs(run: Run): Reporting {
  if (!isEnded(run.status)) throw new RunnerError('INTERNAL', 'the run has not ended');
  const { state, error } = run.status;
  return reporting(resultOf(state), error);
}

export function stopped(): Reporting {
  return reporting('stopped', {
    code: 'CANCELLED',
    message: 'stopped before OpenMetadata had all results',
    remedy: 'Start the run again if needed.',
  });
}

/** No record can be written: the server rejects what all others depend on. */
export function rejected({ code, message, remedy }: RunnerError): Reporting {
  return reporting('failed', { code, message, remedy });
}

function reporting(result: Reporting['result'], error: ErrorBody | null): Reporting {
  return { state: 'reporting', result, steps: [], complete: false, error, trouble: null };
}
