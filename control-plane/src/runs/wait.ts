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
