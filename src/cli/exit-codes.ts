import { codeEntry, type ErrorCode } from '../runtime/error-codes.ts';
import type { RunnerError } from '../runtime/errors.ts';

interface ExitEntry {
  readonly code: number;
  readonly meaning: string;
  /** Whether the service manager must not start the runner again: only a person can help. */
  readonly final?: boolean;
}

/** Every code this program ends with. docs/errors.md is generated from it; the systemd unit restarts by it. */
export const EXIT = {
  ok: { code: 0, meaning: 'Done; a runner that was asked to stop has drained.' },
  runFailed: {
    code: 1,
    meaning: 'The run or the connection test ended, and its outcome is not a success.',
  },
  usage: { code: 2, meaning: 'The command line is wrong.', final: true },
  invalid: {
    code: 3,
    meaning: 'Configuration, policy, input or files need correcting.',
    final: true,
  },
  notEnrolled: {
    code: 4,
    meaning: 'There is no identity, or there is one where none may be.',
    final: true,
  },
  denied: { code: 5, meaning: 'The local policy or the other side refuses this.', final: true },
  unavailable: { code: 69, meaning: 'The other side cannot be reached.' },
  defect: { code: 70, meaning: 'This program or the other side behaves as it should not.' },
  temporary: { code: 75, meaning: 'It may work later, without anyone changing anything.' },
  revoked: {
    code: 77,
    meaning: 'The control plane has ended this runner’s service for good.',
    final: true,
  },
  stopped: { code: 130, meaning: 'Stopped by a signal before the work was done.' },
} as const satisfies Readonly<Record<string, ExitEntry>>;

export type Exit = keyof typeof EXIT;
export type ExitCode = (typeof EXIT)[Exit]['code'];

/** Codes whose exit does not follow from their fault. */
const OWN: Readonly<Partial<Record<ErrorCode, Exit>>> = {
  USAGE: 'usage',
  ABORTED: 'stopped',
  NOT_ENROLLED: 'notEnrolled',
  ALREADY_ENROLLED: 'notEnrolled',
  ENROLLMENT_REFUSED: 'denied',
  POLICY_DENIED: 'denied',
  HOST_DENIED: 'denied',
  ADDRESS_DENIED: 'denied',
  NETWORK_UNREACHABLE: 'unavailable',
  NETWORK_TIMEOUT: 'unavailable',
  NETWORK_RESET: 'unavailable',
  PROXY_REFUSED: 'unavailable',
  TLS_UNTRUSTED: 'unavailable',
  RUNNER_NOT_RUNNING: 'unavailable',
  RUNNER_REVOKED: 'revoked',
  RUNNER_UNKNOWN: 'revoked',
  SIGNATURE_INVALID: 'revoked',
  // Another process may only just be ending; a service manager's next try finds the directory free.
  STATE_LOCKED: 'temporary',
};

const BY_FAULT = {
  user: 'invalid',
  transient: 'temporary',
  permanent: 'defect',
  defect: 'defect',
} as const;

export function exitOf(code: ErrorCode): Exit {
  const { fault, isRefusal } = codeEntry(code);
  return OWN[code] ?? (isRefusal === true ? 'denied' : BY_FAULT[fault]);
}

export function exitCodeOf(error: RunnerError): ExitCode {
  return EXIT[exitOf(error.code)].code;
}

/** After these the service manager leaves the runner stopped. */
export const FINAL_EXIT_CODES: readonly number[] = Object.values(EXIT)
  .filter((entry: ExitEntry) => entry.final === true)
  .map(({ code }) => code);
