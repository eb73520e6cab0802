/** Every way the API and the endpoints of runners refuse something. The HTTP status follows from the code. */
const CODES = {
  INTERNAL: { status: 500, remedy: 'Report this with the log around it.' },
  INPUT_INVALID: { status: 400, remedy: 'Correct the value that the message names.' },
  UNAUTHENTICATED: { status: 401, remedy: 'Send the admin token as `Authorization: Bearer …`.' },
  NOT_FOUND: { status: 404, remedy: 'Check the name or id.' },
  PRECONDITION_REQUIRED: {
    status: 428,
    remedy:
      'Read it, then send the ETag of what you read as If-Match; or If-Match: * to replace whatever is there.',
  },
  PRECONDITION_FAILED: {
    status: 412,
    remedy: 'Read it again, then decide whether your change still holds.',
  },
  CONFLICT: { status: 409, remedy: 'Look at the present state, then decide again.' },
  SECRET_IN_PLAIN_TEXT: {
    status: 422,
    remedy: 'Store the value in the runner’s vault and put its reference, secret:/…, in the field.',
  },
  ENROLLMENT_REFUSED: {
    status: 403,
    remedy: 'Ask for a new token; each works once and for a short time.',
  },
  PROTOCOL_VIOLATION: { status: 400, remedy: 'Compare the client with docs/protocol.md.' },
  INTEGRITY_MISMATCH: {
    status: 409,
    remedy: 'Run it again; report it with the logs of both sides if it repeats.',
  },
  CATALOG_INCOMPLETE: {
    status: 409,
    remedy: 'Run it again: the next run reads and sends everything.',
  },
  CATALOG_MOVED: {
    status: 409,
    remedy:
      'Nothing: the run is tried again, whole. If it ends with this error, make sure that no other run of the service is at work at the same time, then start it again.',
  },
  STORE_DAMAGED: {
    status: 500,
    remedy:
      'Keep the damaged files for analysis, restore the store from a backup, then start again. Without a backup, start with another data folder and enroll the runners anew.',
  },
  GONE: { status: 410, remedy: 'Keep the records of more runs: see the settings.' },
  TIMEOUT: { status: 504, remedy: 'Try again.' },
  ADDRESS_IN_USE: { status: 500, remedy: 'Stop the other program, or choose another --port.' },
  USAGE: { status: 400, remedy: 'See `control-plane --help`.' },
} as const;

export type ErrorCode = keyof typeof CODES;

/** The body of every error answer, under `error`. */
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

  get status(): 400 | 401 | 403 | 404 | 409 | 410 | 412 | 422 | 428 | 500 | 504 {
    return CODES[this.code].status;
  }

  body(): ErrorBody {
    return { code: this.code, message: this.message, remedy: this.remedy };
  }

  /** Total: whatever was thrown comes back as a ControlPlaneError, with the original as its cause. */
  static from(thrown: unknown): ControlPlaneError {
    if (thrown instanceof ControlPlaneError) return thrown;
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE')
      return new ControlPlaneError('ADDRESS_IN_USE', thrown.message, { cause: thrown });
    return new ControlPlaneError(
      'INTERNAL',
      thrown instanceof Error ? thrown.message : String(thrown),
      { cause: thrown },
    );
  }
}
