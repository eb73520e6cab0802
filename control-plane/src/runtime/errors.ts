import { PROGRAM } from './program.ts';
import { isErrno } from './errno.ts';

/** Every error of the API and of the runner endpoints. The code determines the HTTP status. */
const CODES = {
  INTERNAL: { status: 500, remedy: 'Report this error with the log around it.' },
  INPUT_INVALID: { status: 400, remedy: 'Correct the value named in the message.' },
  UNAUTHENTICATED: { status: 401, remedy: 'Send the admin token as `Authorization: Bearer …`.' },
  NOT_FOUND: { status: 404, remedy: 'Check the name or id.' },
  PRECONDITION_REQUIRED: {
    status: 428,
    remedy:
      'Read the current state, then send its ETag as If-Match. To replace any state, send If-Match: *.',
  },
  PRECONDITION_FAILED: {
    status: 412,
    remedy: 'Read the current state, then apply your change again if it is still needed.',
  },
  CONFLICT: { status: 409, remedy: 'Check the current state, then try again.' },
  SECRET_IN_PLAIN_TEXT: {
    status: 422,
    remedy:
      'Store the value in the runner’s vault and enter its reference, secret:/…, in the field.',
  },
  ENROLLMENT_REFUSED: {
    status: 403,
    remedy: 'Request a new token. A token works once and expires.',
  },
  PROTOCOL_VIOLATION: { status: 400, remedy: 'Check the client against docs/protocol.md.' },
  INTEGRITY_MISMATCH: {
    status: 409,
    remedy: 'Start the run again. If the error repeats, report it with the logs of both sides.',
  },
  CATALOG_INCOMPLETE: {
    status: 409,
    remedy: 'Start the run again: the next run is a full run.',
  },
  CATALOG_MOVED: {
    status: 409,
    remedy: [
      'No action needed: the run is retried as a full run. If it ends with this error, make sure',
      'that no other run of the service is active, then start it again.',
    ].join(' '),
  },
  STORE_DAMAGED: {
    status: 500,
    remedy: [
      'Keep the damaged files for analysis, restore the store from a backup, then start again.',
      'Without a backup, start with a new data folder and enroll the runners again.',
    ].join(' '),
  },
  GONE: {
    status: 410,
    remedy: 'Increase keepRuns in the settings to keep the records of more runs.',
  },
  OPENMETADATA_FAILED: {
    status: 502,
    remedy: 'Check that the OpenMetadata server is up and that this control plane can reach it.',
  },
  TOO_MANY_REQUESTS: { status: 429, remedy: 'Wait a minute, then try again.' },
  UPSTREAM_UNREACHABLE: {
    status: 503,
    remedy: 'Check the address of the upstream Airflow, and that it is running.',
  },
  TIMEOUT: { status: 504, remedy: 'Try again.' },
  ADDRESS_IN_USE: {
    status: 500,
    remedy: 'Stop the other program, or choose another --port or address of --probes.',
  },
  USAGE: { status: 400, remedy: `See \`${PROGRAM} --help\`.` },
} as const;

export type ErrorCode = keyof typeof CODES;

/** The `error` member of every error response. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export class ControlPlaneError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly remedy?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ControlPlaneError';
    this.code = code;
    this.remedy = options.remedy ?? CODES[code].remedy;
  }

  get status(): 400 | 401 | 403 | 404 | 409 | 410 | 412 | 422 | 428 | 429 | 500 | 502 | 503 | 504 {
    return CODES[this.code].status;
  }

  body(): ErrorBody {
    return { code: this.code, message: this.message, remedy: this.remedy };
  }

  /** Converts any thrown value; the original becomes the cause. */
  static from(thrown: unknown): ControlPlaneError {
    if (thrown instanceof ControlPlaneError) return thrown;
    if (isErrno(thrown, 'EADDRINUSE'))
      return new ControlPlaneError('ADDRESS_IN_USE', thrown.message, { cause: thrown });
    return new ControlPlaneError(
      'INTERNAL',
      thrown instanceof Error ? thrown.message : String(thrown),
      { cause: thrown },
    );
  }
}
