import { NEVER, withDeadline } from '../../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { SharedWork } from './shared-work.ts';

/** What a sign-in returns. */
export interface Token {
  readonly value: string;
  /** Absent: it does not expire. */
  readonly lifeMs?: number | undefined;
  /** How much of its life had passed when it was obtained. Default 0. */
  readonly spentMs?: number;
  /** Returns a token with a new life. Absent if only another sign-in does. */
  readonly renew?: ((signal: AbortSignal) => Promise<Token>) | undefined;
}

type SignIn = (signal: AbortSignal) => Promise<Token>;

/** Leaves a quarter of the life for tries to renew. */
const RENEWED_AT = 0.75;
/** A server that does not answer is asked again later: the token is still valid. */
export const RENEWAL_MS = 8_000;
/** After a failed renewal: several tries within the last quarter, and at most two a minute. */
const MAX_PAUSE_MS = 30_000;
const PAUSE_OF_LIFE = 1 / 20;

interface Held {
  readonly token: Token;
  readonly since: number;
}

/**
 * The token of a manager: signs in when it is first needed, and renews it at its first use after
 * 75 % of its life, in the background, while the valid token is used. If that fails, the token is
 * used until it ends. One sign-in and one renewal at a time.
 */
export class SignedIn {
  readonly #signIn: SignIn;
  readonly #clock: Clock;
  #held: Held | undefined;
  #signingIn: SharedWork<Held> | undefined;
  #isRenewing = false;
  /** No renewal before this time. */
  #pausedUntil = 0;

  constructor(signIn: SignIn, clock: Clock) {
    this.#signIn = signIn;
    this.#clock = clock;
  }

  async token(signal: AbortSignal): Promise<string> {
    const held = this.#held;
    const age = held === undefined ? 1 : this.#age(held);
    if (held !== undefined && age < 1) {
      if (age >= RENEWED_AT) void this.#renew(held);
      return held.token.value;
    }
    if (this.#signingIn === undefined || this.#signingIn.isAbandoned)
      this.#signingIn = this.#beginSignIn();
    return (await this.#signingIn.join(signal)).token.value;
  }

  /** Call it when the manager rejects the token: the next use signs in again. */
  reject(value: string): void {
    if (this.#held?.token.value === value) this.#held = undefined;
  }

  /** A caller leaves when its own time is over, and the others stay. */
  #beginSignIn(): SharedWork<Held> {
    const work: SharedWork<Held> = new SharedWork(async (signal) => {
      const since = this.#clock.monotonic();
      try {
        const held = { token: await this.#signIn(signal), since };
        if (this.#signingIn === work) this.#held = held;
        return held;
      } finally {
        if (this.#signingIn === work) this.#signingIn = undefined;
      }
    });
    return work;
  }

  /** Never rejects. */
  async #renew(held: Held): Promise<void> {
    const since = this.#clock.monotonic();
    if (this.#isRenewing || since < this.#pausedUntil) return;
    this.#isRenewing = true;
    try {
      const renew = held.token.renew ?? this.#signIn;
      const token = await withDeadline('the renewal', RENEWAL_MS, this.#clock, NEVER, renew);
      // If the token was rejected meanwhile, its renewal may be as well.
      if (this.#held === held) this.#held = { token, since };
    } catch {
      const pauseMs = Math.min(MAX_PAUSE_MS, lifeOf(held.token) * PAUSE_OF_LIFE);
      this.#pausedUntil = this.#clock.monotonic() + pauseMs;
    } finally {
      this.#isRenewing = false;
    }
  }

  /** From 0 to 1, the end of its life. */
  #age({ token, since }: Held): number {
    const lifeMs = lifeOf(token);
    if (lifeMs === Number.POSITIVE_INFINITY) return 0;
    return (this.#clock.monotonic() - since + (token.spentMs ?? 0)) / lifeMs;
  }
}

/** The end of a token can be in the past if the clocks of two machines differ. */
function lifeOf({ lifeMs = Number.POSITIVE_INFINITY }: Token): number {
  return lifeMs >= 1 ? lifeMs : 1;
}
