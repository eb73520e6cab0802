import type { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { mayBeOutage } from './outage.ts';
import type { SignInMethod } from './sign-in-method.ts';

/**
 * Responses that leave open whether Salesforce checked the password: none, a partial one, or an
 * unreadable one. Each wrong password may count toward a lock, so it is sent no more often before
 * an administrator or a later run decides.
 */
const MAX_INCONCLUSIVE = 3;

/**
 * Decides after each failed try of one sign-in whether to try again. A rejection by Salesforce is
 * final. Call once for each sign-in: the returned function counts.
 */
export function createSignInRetry(method: SignInMethod['kind']): (error: RunnerError) => boolean {
  const hasPassword = method === 'soap' || method === 'password';
  let inconclusive = 0;
  return (error) => {
    if (!error.retryable || error.code === 'SALESFORCE_LIMIT_REACHED') return false;
    if (error.code === 'SALESFORCE_BUSY' || error.neverSent) return true;
    const harmless = !hasPassword && (mayBeOutage(error) || error.code === 'SALESFORCE_UNEXPECTED');
    return harmless || (inconclusive += 1) < MAX_INCONCLUSIVE;
  };
}
