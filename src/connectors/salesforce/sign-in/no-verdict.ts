import { RunnerError } from '../errors/errors.ts';

/** What says that nothing is served there, whatever the credentials: another host, or a redirect to one. */
const NOT_THERE: ReadonlySet<number> = new Set([404, 405, 410, 413, 414]);

/**
 * The error of an answer to a sign-in that is not Salesforce's word on the credentials: an overload, a proxy's page, garbage.
 * It says nothing against them, so it is retryable, unless the address is wrong. `busy` where the answer itself speaks of an overload.
 */
export function noVerdict(status: number, who: string, busy = false): RunnerError {
  if (busy || status === 420 || status === 429 || status >= 500)
    return new RunnerError('SALESFORCE_BUSY', `${who} answered with status ${status}`);
  const retryable = !NOT_THERE.has(status) && !(status >= 300 && status < 400);
  return new RunnerError(
    'SALESFORCE_UNEXPECTED',
    `${who} answered with status ${status} and nothing that a sign-in answers with`,
    {
      retryable,
      remedy: 'Check salesforceDomain, and for a proxy that alters responses.',
    },
  );
}
