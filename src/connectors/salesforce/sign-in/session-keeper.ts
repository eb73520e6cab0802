import { untilAborted } from '../../../runtime/abort.ts';
import type { Session } from './sign-in.ts';

/**
 * The one session of an attempt. However many calls meet its end together, there is one new sign-in, and all go on with
 * what that gives. A sign-in that fails is not remembered: the next call tries anew (and the sign-in itself refuses to
 * send the same refused credentials).
 */
export class SessionKeeper {
  readonly #signIn: (signal: AbortSignal) => Promise<Session>;
  readonly #signal: AbortSignal;
  #current: Promise<Session> | undefined;
  #latest: Session | undefined;

  /** `signal` ends sign-ins under way; it should be the attempt's own. */
  constructor(signIn: (signal: AbortSignal) => Promise<Session>, signal: AbortSignal) {
    this.#signIn = signIn;
    this.#signal = signal;
  }

  async current(signal: AbortSignal): Promise<Session> {
    this.#current ??= this.#open();
    return untilAborted(this.#current, signal);
  }

  /** A session newer than `expired`. */
  async renew(expired: Session, signal: AbortSignal): Promise<Session> {
    if (this.#latest === expired) {
      this.#latest = undefined;
      this.#current = undefined;
    }
    return this.current(signal);
  }

  #open(): Promise<Session> {
    const opening = this.#signIn(this.#signal).then((session) => {
      this.#latest = session;
      return session;
    });
    opening.catch(() => {
      if (this.#current === opening) this.#current = undefined;
    });
    return opening;
  }
}
