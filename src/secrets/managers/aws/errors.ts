import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';

const REJECTED = new Set([
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'ExpiredTokenException',
  'ExpiredToken',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
]);
/** AWS has no secret with a name of this form. */
const INVALID_NAME = new Set(['ValidationException', 'InvalidParameterException']);
const DENIED = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'DecryptionFailure',
  'InvalidKeyId',
]);
const THROTTLED = /^(?:Throttled|Throttling|TooManyRequests|RequestLimitExceeded|LimitExceeded)/;

/** The error of a call that AWS rejected. Its own words are left out: they quote names and keys. */
export function awsError(thrown: unknown, what: string): RunnerError {
  if (thrown instanceof RunnerError) return thrown;
  const { name, status } = factsOf(thrown);
  const message = `${what} failed: ${name}`;
  if (REJECTED.has(name)) return new RunnerError('SECRET_MANAGER_SIGN_IN_FAILED', message);
  if (THROTTLED.test(name) || status === 429)
    return new RunnerError('SECRET_MANAGER_THROTTLED', message);
  if (DENIED.has(name)) return new RunnerError('SECRET_MANAGER_DENIED', message);
  if (INVALID_NAME.has(name)) return new RunnerError('SECRET_UNAVAILABLE', message);
  return new RunnerError('SECRET_PROVIDER_FAILED', message, { retryable: (status ?? 0) >= 500 });
}

/** Every rejection of a sign-in means that the credentials are not accepted. */
export function signInError(thrown: unknown, what: string): RunnerError {
  const error = awsError(thrown, what);
  return error.retryable || thrown instanceof RunnerError
    ? error
    : new RunnerError('SECRET_MANAGER_SIGN_IN_FAILED', error.message);
}

interface ErrorFacts {
  readonly name: string;
  readonly status: number | undefined;
}

export function factsOf(thrown: unknown): ErrorFacts {
  if (!(thrown instanceof Error)) return { name: 'unknown error', status: undefined };
  const metadata = Reflect.get(thrown, '$metadata') as { httpStatusCode?: number } | undefined;
  // An answer that is no answer of AWS gives odd names; they could quote it.
  const name = /^[A-Za-z]{1,60}$/.test(thrown.name) ? thrown.name : 'unknown error';
  return { name, status: metadata?.httpStatusCode };
}
