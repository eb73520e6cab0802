import type { ErrorBody } from '../runtime/errors.ts';

export const WAIT_CODES = [
  'RETRY_PAUSE',
  'RESTARTED',
  'SERVICE_BUSY',
  'RELAY_PENDING',
  'AT_CAPACITY',
  'OFFER_PAUSE',
  'RUNNER_MISSING',
  'RUNNER_REVOKED',
  'RUNNER_AWAY',
  'NO_RUNNER',
  'POOL_EMPTY',
  'POOL_DIFFERS',
  'RUNNER_DRAINING',
  'RUNNER_UNHEALTHY',
  'KIND_UNSUPPORTED',
  'REJECTED',
] as const;

/** Why a run waits. */
export interface Wait {
  readonly code: (typeof WAIT_CODES)[number];
  /** For display. */
  readonly message: string;
  /** Empty when no action is needed. */
  readonly remedy: string;
  /** No suitable runner is connected: the run expires after a limit. */
  readonly absent: boolean;
}

export function wait(code: Wait['code'], message: string): Wait {
  return { code, message, remedy: '', absent: false };
}

export function absent(code: Wait['code'], message: string, remedy: string): Wait {
  return { code, message, remedy, absent: true };
}

/** Why a run expired that no runner took. */
export function unavailable(wait: Wait | undefined): ErrorBody {
  const remedy =
    wait?.remedy === undefined || wait.remedy === ''
      ? 'Start a runner, or check that it can reach this control plane.'
      : wait.remedy;
  return {
    code: 'RUNNER_UNAVAILABLE',
    message: `no runner took the run in time: ${wait?.message ?? 'no runner is connected'}`,
    remedy,
  };
}

/** Whether a suitable runner has just appeared or disappeared. */
export function absenceChanged(wasAbsent: boolean, wait: Wait | undefined): boolean {
  return wasAbsent !== (wait?.absent === true);
}
