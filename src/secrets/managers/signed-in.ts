import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

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

/** Leaves a quarter of the life for tries to renew. */
const RENEWED_AT = 0.75;

interface Held {
  readonly token: Token;
  readonly since: number;
}

/**
 * The token of a manager: signs in when it is first needed, and renews it at its first use after
 * 75 % of its life. If that fails, the token is used until it ends. One sign-in at a time.
 */
export class SignedIn {
  readonly #signIn: (signal: AbortSignal) => Promise<Token>;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #held: Held | undefined;
  #pending: Promise<Held> | undefined;

  constructor(signIn: (signal: AbortSignal) => Promise<Token>, clock: Pick<Clock, 'monotonic'>) {
    this.#signIn = signIn;
    this.#clock = clock;
  }

  async token(signal: AbortSignal): Promise<string> {
    const held = this.#held;
    if (held !== undefined && this.#age(held) < RENEWED_AT) return held.token.value;
    this.#pending ??= this.#refresh(held, signal).finally(() => (this.#pending = undefined));
    this.#held = await this.#pending;
    return this.#held.token.value;
  }

  /** Call it when the manager rejects the token: the next use signs in again. */
  reject(value: string): void {
    if (this.#held?.token.value === value) this.#held = undefined;
  }

  async #refresh(held: Held | undefined, signal: AbortSignal): Promise<Held> {
    const since = this.#clock.monotonic();
    if (held === undefined || this.#age(held) >= 1)
      return { token: await this.#signIn(signal), since };
    try {
      const renewed = await (held.token.renew ?? this.#signIn)(signal);
      return { token: renewed, since };
    } catch {
      if (signal.aborted) throw RunnerError.from(signal.reason, 'ABORTED');
      return held;
    }
  }

  /** From 0 to 1, the end of its life. */
  #age({ token: { lifeMs, spentMs = 0 }, since }: Held): number {
    return lifeMs === undefined ? 0 : (this.#clock.monotonic() - since + spentMs) / lifeMs;
  }
}
