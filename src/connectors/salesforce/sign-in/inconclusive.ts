import { RunnerError } from '../errors/errors.ts';

/**
 * Statuses of an address where nothing is served, independent of the credentials: another host, or
 * a redirect.
 */
const NOT_SERVED: ReadonlySet<number> = new Set([404, 405, 410, 413, 414]);

/**
 * The error of a response to a sign-in that says nothing about the credentials: an overload, a
 * proxy's page, garbage. Retryable unless the address is wrong. `busy`: the body itself reports an
 * overload.
 */
export function inconclusive(status: number, sender: string, busy = false): RunnerError {
  if (busy || status === 420 || status === 429 || status >= 500)
    return new RunnerError('SALESFORCE_BUSY', `${sender} responded with status ${status}`);
  const retryable = !NOT_SERVED.has(status) && !(status >= 300 && status < 400);
  return new RunnerError(
    'SALESFORCE_UNEXPECTED',
    `${sender} responded with status ${status} and an unexpected body`,
    { retryable, remedy: 'Check salesforceDomain, and check for a proxy that alters responses.' },
  );
}
