import type { ErrorCode } from '../../foundation/src/runtime/error-codes.ts';
import { errorCodeOf } from '../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** From the best to the worst. */
export const STATUSES = ['skip', 'pass', 'warn', 'fail'] as const;
export type Status = (typeof STATUSES)[number];

/** One line of the report. Holds no secret. */
export interface Finding {
  readonly status: Status;
  /** What was looked at: a file, a host, a rule. */
  readonly subject: string;
  /** What was found. */
  readonly detail: string;
  /** More of it, a certificate chain for example. */
  readonly lines?: readonly string[];
  /** What to do; every `warn` and `fail` has one. */
  readonly remedy?: string;
  /** The error that was found, if it has a code of docs/errors.md. */
  readonly code?: ErrorCode;
}

export function pass(subject: string, detail: string, lines: readonly string[] = []): Finding {
  return { status: 'pass', subject, detail, ...withLines(lines) };
}

/** `detail` says why it was not looked at. */
export function skip(subject: string, detail: string): Finding {
  return { status: 'skip', subject, detail };
}

export function warn(
  subject: string,
  detail: string,
  remedy: string,
  lines: readonly string[] = [],
): Finding {
  return { status: 'warn', subject, detail, remedy, ...withLines(lines) };
}

export function fail(
  subject: string,
  detail: string,
  remedy: string,
  lines: readonly string[] = [],
): Finding {
  return { status: 'fail', subject, detail, remedy, ...withLines(lines) };
}

/** The finding for an error, with its code and remedy. */
export function failed(
  subject: string,
  thrown: unknown,
  lines: readonly string[] = [],
): Finding & { readonly status: 'fail'; readonly remedy: string; readonly code: ErrorCode } {
  const error = RunnerError.from(thrown);
  const [first = '', ...rest] = error.message.split('\n').map((line) => line.trim());
  return {
    status: 'fail',
    subject,
    detail: `${first}${reasonOf(error)}`,
    ...withLines([...rest, ...lines]),
    remedy: error.remedy,
    code: error.code,
  };
}

/** The error of the operating system behind an error: other causes may contain anything. */
function reasonOf({ message, cause }: RunnerError): string {
  const code = cause instanceof RunnerError ? undefined : errorCodeOf(cause);
  return code === undefined || message.includes(code) || (cause as Error).message === message
    ? ''
    : ` (${code})`;
}

function withLines(lines: readonly string[]): Pick<Finding, 'lines'> {
  return lines.length === 0 ? {} : { lines };
}

/** The worst status; `skip` if there is nothing. */
export function worstOf(statuses: readonly Status[]): Status {
  return STATUSES.findLast((status) => statuses.includes(status)) ?? 'skip';
}
