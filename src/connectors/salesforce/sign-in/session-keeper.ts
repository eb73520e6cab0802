import { untilAborted } from '../../../../foundation/src/runtime/abort.ts';
import type { Session } from './session.ts';

/**
 * The one session of an attempt. When it ends, all calls share one new sign-in. A failed sign-in is
 * not remembered: the next call tries again (and the sign-in itself never sends rejected
 * credentials twice).
 */
export class SessionKeeper {
  readonly #signIn: (signal: AbortSignal) => Promise<Session>;
  readonly #signal: AbortSignal;
  #current: Promise<Session> | undefined;
  #latest: Session | undefined;

  /** `signal` ends sign-ins under way; it is the attempt's own. */
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
