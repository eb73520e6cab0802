import type { RunnerErrorOptions } from '../../../../foundation/src/runtime/errors.ts';
import { RunnerError } from '../errors/errors.ts';
import type { ErrorCode } from '../../../../foundation/src/runtime/error-codes.ts';

/**
 * The body of a rejection: REST returns a list of `{errorCode, message}`, within a composite too.
 */
export interface SalesforceError {
  readonly errorCode: string;
  readonly message: string;
}

/**
 * Error codes are words. Anything else might repeat what was sent and is dropped, not shortened:
 * the redactor does not recognize half of a secret.
 */
const ERROR_CODE = /^\w{1,100}$/;

/** The first error of a body; undefined for a body that is not an error. */
export function readError(body: unknown): SalesforceError | undefined {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  if (
    typeof first !== 'object' ||
    first === null ||
    !('errorCode' in first) ||
    typeof first.errorCode !== 'string'
  )
    return undefined;
  return {
    errorCode: ERROR_CODE.test(first.errorCode) ? first.errorCode : 'unknown error',
    message: 'message' in first && typeof first.message === 'string' ? first.message : '',
  };
}

type Verdict = readonly [code: ErrorCode, options?: RunnerErrorOptions];

const BY_ERROR_CODE: Readonly<Record<string, Verdict>> = {
  INVALID_SESSION_ID: ['SALESFORCE_SESSION_EXPIRED'],
  API_DISABLED_FOR_ORG: [
    'SALESFORCE_API_DISABLED',
    { remedy: 'Use an edition with API access, or ask Salesforce to enable the API for the org.' },
  ],
  API_CURRENTLY_DISABLED: ['SALESFORCE_API_DISABLED'],
  INSUFFICIENT_ACCESS: ['SALESFORCE_FORBIDDEN'],
  INSUFFICIENT_ACCESS_OR_READONLY: ['SALESFORCE_FORBIDDEN'],
  NOT_FOUND: ['SALESFORCE_NOT_FOUND'],
  INVALID_TYPE: ['SALESFORCE_NOT_FOUND'],
  SERVER_UNAVAILABLE: ['SALESFORCE_BUSY'],
  QUERY_TIMEOUT: ['SALESFORCE_BUSY'],
  UNABLE_TO_LOCK_ROW: ['SALESFORCE_BUSY'],
  UNKNOWN_EXCEPTION: [
    'SALESFORCE_UNEXPECTED',
    {
      retryable: true,
      remedy:
        'The call was tried several times. If the error persists, open a case with Salesforce.',
    },
  ],
  UNSUPPORTED_API_VERSION: ['SALESFORCE_VERSION_UNSUPPORTED'],
};

/** Statuses of the edge in front of an org, with an HTML body or none. */
const BY_STATUS: Readonly<Record<number, Verdict>> = {
  401: ['SALESFORCE_SESSION_EXPIRED'],
  403: ['SALESFORCE_FORBIDDEN'],
  404: ['SALESFORCE_NOT_FOUND'],
  410: ['SALESFORCE_VERSION_UNSUPPORTED'],
  420: [
    'SALESFORCE_BUSY',
    { remedy: 'Check that the org still exists: Salesforce could not route the request.' },
  ],
  429: ['SALESFORCE_BUSY'],
  500: ['SALESFORCE_UNEXPECTED', { retryable: true }],
  502: ['SALESFORCE_BUSY'],
  503: ['SALESFORCE_BUSY'],
  504: ['SALESFORCE_BUSY'],
};

/**
 * The typed error of a call that Salesforce rejected with `status`. The message contains the error
 * code and never the text of the response, which may repeat what was sent.
 */
export function rejection(
  status: number,
  body: unknown,
  what: string,
  retryAfterMs?: number,
): RunnerError {
  const error = readError(body);
  const [code, options = {}] = verdict(status, error);
  const reason = error === undefined ? `status ${status}` : `${error.errorCode}, status ${status}`;
  return new RunnerError(code, `${what}: ${reason}`, {
    ...options,
    cause: new RejectionCause(error?.errorCode),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/**
 * What the typed error of a rejection keeps of the answer. Not an Error: logs have the code in the
 * message.
 */
class RejectionCause {
  readonly errorCode: string | undefined;

  constructor(errorCode: string | undefined) {
    this.errorCode = errorCode;
  }
}

/** The `errorCode` that Salesforce rejected a call with; undefined for any other error. */
export function salesforceCode({ cause }: RunnerError): string | undefined {
  return cause instanceof RejectionCause ? cause.errorCode : undefined;
}

function verdict(status: number, error: SalesforceError | undefined): Verdict {
  if (error?.errorCode === 'REQUEST_LIMIT_EXCEEDED') {
    // Two limits have this code, and only the message says which.
    return error.message.startsWith('ConcurrentRequests')
      ? ['SALESFORCE_BUSY']
      : ['SALESFORCE_LIMIT_REACHED', { retryable: false }];
  }
  const known =
    error !== undefined && Object.hasOwn(BY_ERROR_CODE, error.errorCode)
      ? BY_ERROR_CODE[error.errorCode]
      : undefined;
  if (known !== undefined) return known;
  if (status >= 300 && status < 400)
    return [
      'SALESFORCE_UNEXPECTED',
      {
        remedy: 'Check salesforceDomain: the org responded with a redirect, which is not followed.',
      },
    ];
  return BY_STATUS[status] ?? ['SALESFORCE_UNEXPECTED'];
}
