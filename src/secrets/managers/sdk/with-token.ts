import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { SignedIn } from '../signed-in.ts';

/**
 * Runs `work` with a token. If the manager rejects the token, signs in once more: it may have been
 * revoked before its end.
 */
export async function withToken<T>(
  signedIn: Pick<SignedIn, 'token' | 'reject'>,
  signal: AbortSignal,
  work: (token: string) => Promise<T>,
): Promise<T> {
  const token = await signedIn.token(signal);
  try {
    return await work(token);
  } catch (thrown) {
    if (!isRejection(thrown)) throw thrown;
    signedIn.reject(token);
    return work(await signedIn.token(signal));
  }
}

function isRejection(thrown: unknown): boolean {
  return thrown instanceof RunnerError && thrown.code === 'SECRET_MANAGER_SIGN_IN_FAILED';
}
