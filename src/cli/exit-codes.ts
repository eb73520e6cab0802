import { codeEntry, type ErrorCode } from '../../foundation/src/runtime/error-codes.ts';
import type { RunnerError } from '../../foundation/src/runtime/errors.ts';

interface ExitEntry {
  readonly code: number;
  readonly meaning: string;
  /** Whether the service manager must not restart the runner: a person has to act. */
  readonly final?: boolean;
}

/**
 * Every exit code of this program. docs/errors.md and the restart rule of the systemd unit are
 * generated from it.
 */
export const EXIT = {
  ok: { code: 0, meaning: 'Success. A runner that was asked to stop has drained.' },
  runFailed: {
    code: 1,
    meaning: 'The run or the connection test failed.',
  },
  usage: { code: 2, meaning: 'The command line is invalid.', final: true },
  invalid: {
    code: 3,
    meaning: 'Configuration, policy, input or files must be corrected.',
    final: true,
  },
  notEnrolled: {
    code: 4,
    meaning: 'The runner is not enrolled, or is already enrolled.',
    final: true,
  },
  denied: { code: 5, meaning: 'The local policy or the server rejected the request.', final: true },
  unhealthy: { code: 6, meaning: '`doctor` found something that must be corrected.' },
  unavailable: { code: 69, meaning: 'The server or the runner cannot be reached.' },
  permanent: {
    code: 70,
    meaning:
      'Permanent failure: an internal error, an unsupported request, or an invalid response.',
  },
  temporary: {
    code: 75,
    meaning: 'A temporary failure. The command can succeed later without a change.',
  },
  notAccepted: {
    code: 77,
    meaning: 'The control plane does not accept this runner: revoked, unknown, or wrong key.',
    final: true,
  },
  stopped: { code: 130, meaning: 'Stopped by a signal before the work was done.' },
} as const satisfies Readonly<Record<string, ExitEntry>>;

export type Exit = keyof typeof EXIT;
export type ExitCode = (typeof EXIT)[Exit]['code'];

/** Exits that do not follow from the fault of the code. */
const BY_CODE: Readonly<Partial<Record<ErrorCode, Exit>>> = {
  USAGE: 'usage',
  ABORTED: 'stopped',
  NOT_ENROLLED: 'notEnrolled',
  ALREADY_ENROLLED: 'notEnrolled',
  ENROLLMENT_REFUSED: 'denied',
  POLICY_DENIED: 'denied',
  HOST_DENIED: 'denied',
  ORGANIZATION_DENIED: 'denied',
  CA_CERTIFICATE_DENIED: 'denied',
  ADDRESS_DENIED: 'denied',
  NETWORK_UNREACHABLE: 'unavailable',
  NETWORK_TIMEOUT: 'unavailable',
  NETWORK_RESET: 'unavailable',
  PROXY_REFUSED: 'unavailable',
  TLS_UNTRUSTED: 'unavailable',
  RUNNER_NOT_RUNNING: 'unavailable',
  RUNNER_REVOKED: 'notAccepted',
  RUNNER_UNKNOWN: 'notAccepted',
  SIGNATURE_INVALID: 'notAccepted',
  // The other process may be about to end; the next start by the service manager then finds the
  // directory free.
  STATE_LOCKED: 'temporary',
};

const BY_FAULT = {
  user: 'invalid',
  transient: 'temporary',
  permanent: 'permanent',
  defect: 'permanent',
} as const;

export function exitOf(code: ErrorCode): Exit {
  const { fault, isRefusal } = codeEntry(code);
  return BY_CODE[code] ?? (isRefusal === true ? 'denied' : BY_FAULT[fault]);
}

export function exitCodeOf(error: RunnerError): ExitCode {
  return EXIT[exitOf(error.code)].code;
}

/** Exit codes after which the service manager does not restart the runner. */
export const FINAL_EXIT_CODES: readonly number[] = Object.values(EXIT)
  .filter((entry: ExitEntry) => entry.final === true)
  .map(({ code }) => code);
