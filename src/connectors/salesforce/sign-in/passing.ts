import type { RunnerError } from '../../../runtime/errors.ts';
import { mayBeOutage } from './outage.ts';
import type { SignInWay } from './sign-in-way.ts';

/**
 * Answers that leave open whether Salesforce judged the password: none, half of one, or something unreadable. A wrong one
 * may count toward a lock each time, so it is sent this often and no more, before an administrator or a later run decides.
 */
const MOST_UNCERTAIN = 3;

/** Says of the errors of one sign-in, one after another, whether to try again. What Salesforce refused is final. */
export function createPassing(way: SignInWay['way']): (error: RunnerError) => boolean {
  let uncertain = 0;
  return (error) => {
    if (!error.retryable || error.code === 'SALESFORCE_LIMIT_REACHED') return false;
    if (error.code === 'SALESFORCE_BUSY' || error.neverSent) return true;
    const patient =
      way !== 'soap' &&
      way !== 'password' &&
      (mayBeOutage(error) || error.code === 'SALESFORCE_UNEXPECTED');
    return patient || (uncertain += 1) < MOST_UNCERTAIN;
  };
}
