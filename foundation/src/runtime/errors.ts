import type { Failure } from '../domain/failure.ts';
import { errorCodeOf, isDenied, isErrno } from './errno.ts';
import { codeEntry, isErrorCode, type ErrorCode } from './error-codes.ts';
import type { Fault } from './error-codes/entry.ts';

export interface RunnerErrorOptions {
  /** What to do next. Default: the remedy of the code. */
  readonly remedy?: string;
  /** The underlying error. For the local log only, never sent. */
  readonly cause?: unknown;
  /** Whether a retry may help. Default: only for `transient` codes. */
  readonly retryable?: boolean;
  /** How long the server asked to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number;
  /**
   * No connection was opened for the request, so the server cannot have acted on it. Default false.
   */
  readonly neverSent?: boolean;
  /**
   * No further request of the run can succeed: code that tolerates the failure of one must rethrow
   * it. Default false.
   */
  readonly fatal?: boolean;
}

/**
 * The one error class. `message` is safe to show and to send: it never contains secrets, response
 * bodies or payloads. `String(error)` starts with the code, so that a log line alone is enough.
 */
export class RunnerError extends Error {
  override readonly name = 'RunnerError';
  readonly code: ErrorCode;
  readonly remedy: string;
  /** Whether the remedy is another than that of the code. */
  readonly hasOwnRemedy: boolean;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly neverSent: boolean;
  readonly fatal: boolean;

  constructor(code: ErrorCode, message: string, options: RunnerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    const { remedy, fault } = codeEntry(code);
    this.remedy = options.remedy ?? remedy;
    this.hasOwnRemedy = options.remedy !== undefined;
    this.retryable = options.retryable ?? fault === 'transient';
    this.retryAfterMs = options.retryAfterMs;
    this.neverSent = options.neverSent ?? false;
    this.fatal = options.fatal ?? false;
  }

  get fault(): Fault {
    return codeEntry(this.code).fault;
  }

  /** A copy in which the given options replace this error's own. */
  with(changes: RunnerErrorOptions): RunnerError {
    const { cause, retryable, retryAfterMs, neverSent, fatal } = this;
    const remedy = this.hasOwnRemedy ? { remedy: this.remedy } : {};
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    const own = { cause, retryable, neverSent, fatal, ...remedy, ...wait };
    return new RunnerError(this.code, this.message, { ...own, ...changes });
  }

  override toString(): string {
    return `${this.code}: ${this.message}`;
  }

  toFailure(): Failure {
    return {
      code: this.code,
      message: this.message,
      remedy: this.remedy,
      retryable: this.retryable,
    };
  }

  /** The error that another process reported. Unknown codes become INTERNAL. */
  static fromFailure(failure: Failure): RunnerError {
    const code = isErrorCode(failure.code) ? failure.code : 'INTERNAL';
    return new RunnerError(code, failure.message, {
      remedy: failure.remedy,
      retryable: failure.retryable,
    });
  }

  /** Turns anything thrown into a RunnerError, with the original as its cause. Never throws. */
  static from(thrown: unknown, fallback: ErrorCode = 'INTERNAL'): RunnerError {
    if (thrown instanceof RunnerError) return thrown;
    if (isAbort(thrown)) return fromAbort(thrown);
    const code =
      systemCode(thrown) ?? (fallback === 'INTERNAL' ? deniedCode(thrown) : undefined) ?? fallback;
    return new RunnerError(code, messageOf(thrown), { cause: thrown });
  }
}

/** Of an AbortController, or of a Node.js function that got its signal. */
function isAbort(thrown: unknown): thrown is Error {
  if (thrown instanceof DOMException)
    return thrown.name === 'AbortError' || thrown.name === 'TimeoutError';
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ABORT_ERR';
}

function fromAbort(thrown: Error): RunnerError {
  if (thrown.name === 'TimeoutError')
    return new RunnerError('DEADLINE_EXCEEDED', 'the deadline has passed', { cause: thrown });
  // Node.js puts the reason of the signal there.
  if (thrown.cause instanceof Error) return RunnerError.from(thrown.cause);
  return new RunnerError('ABORTED', 'stopped on request', { cause: thrown });
}

/** Codes of the operating system and of TLS whose meaning does not depend on the operation. */
const SYSTEM_CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  ENOTFOUND: 'NETWORK_UNREACHABLE',
  EAI_AGAIN: 'NETWORK_UNREACHABLE',
  ECONNREFUSED: 'NETWORK_UNREACHABLE',
  EHOSTUNREACH: 'NETWORK_UNREACHABLE',
  ENETUNREACH: 'NETWORK_UNREACHABLE',
  ETIMEDOUT: 'NETWORK_TIMEOUT',
  UND_ERR_CONNECT_TIMEOUT: 'NETWORK_TIMEOUT',
  UND_ERR_HEADERS_TIMEOUT: 'NETWORK_TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'NETWORK_TIMEOUT',
  ECONNRESET: 'NETWORK_RESET',
  EPIPE: 'NETWORK_RESET',
  UND_ERR_SOCKET: 'NETWORK_RESET',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS_UNTRUSTED',
  SELF_SIGNED_CERT_IN_CHAIN: 'TLS_UNTRUSTED',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TLS_UNTRUSTED',
  UNABLE_TO_GET_ISSUER_CERT: 'TLS_UNTRUSTED',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TLS_UNTRUSTED',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS_UNTRUSTED',
  CERT_HAS_EXPIRED: 'TLS_UNTRUSTED',
  CERT_NOT_YET_VALID: 'TLS_UNTRUSTED',
};

function systemCode(thrown: unknown): ErrorCode | undefined {
  for (
    let error = thrown, depth = 0;
    error instanceof Error && depth < 5;
    error = error.cause, depth++
  ) {
    const code = errorCodeOf(error);
    if (code !== undefined && Object.hasOwn(SYSTEM_CODES, code)) return SYSTEM_CODES[code];
  }
  return undefined;
}

/** System calls that write. `open` may read or write, so it is not one of them. */
const WRITES = [
  'mkdir',
  'mkdtemp',
  'rename',
  'link',
  'symlink',
  'unlink',
  'rm',
  'rmdir',
  'chmod',
  'fchmod',
  'chown',
  'lchown',
  'copyfile',
  'truncate',
  'ftruncate',
  'utime',
];

/**
 * Missing rights to a path, which a person has to grant. Errors of sockets and processes have no
 * path.
 */
function deniedCode(thrown: unknown): ErrorCode | undefined {
  if (
    !(thrown instanceof Error) ||
    !('path' in thrown) ||
    !('syscall' in thrown) ||
    !isDenied(thrown)
  )
    return undefined;
  const syscall = String(thrown.syscall);
  if (syscall.startsWith('spawn')) return undefined;
  return isErrno(thrown, 'EROFS') || WRITES.includes(syscall)
    ? 'FILE_UNWRITABLE'
    : 'FILE_UNREADABLE';
}

function messageOf(thrown: unknown): string {
  // When no address of a host is reachable, Node.js throws an error without a message.
  if (thrown instanceof AggregateError && thrown.message === '')
    return [...new Set(thrown.errors.map(messageOf))].join('; ') || thrown.name;
  if (thrown instanceof Error) return thrown.message || thrown.name;
  return typeof thrown === 'string' ? thrown : 'a value that is not an error was thrown';
}
