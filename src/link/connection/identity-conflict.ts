import type { Logger } from '../../observability/logger.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ERROR_CODES } from '../../runtime/error-codes.ts';

/** The other process comes back every half minute or so; people are told less often. */
const WARN_EVERY_MS = 10 * 60_000;
/** So long after its last try the conflict counts as over. */
const OVER_MS = 5 * 60_000;

/** Another process that uses this runner's identity, in its own words. */
export interface OtherProcess {
  readonly platform: string;
  readonly version: string;
}

export interface IdentityConflict extends OtherProcess {
  /** Unix time of its last try. */
  readonly at: number;
}

/** Remembers that another process tried to connect with this identity, and warns of it. This one stays connected. */
export class IdentityWatch {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #last: { readonly conflict: IdentityConflict; readonly monotonic: number } | undefined;
  #warnedAt: number | undefined;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  contested(other: OtherProcess): void {
    const now = this.#clock.monotonic();
    this.#last = { conflict: { ...other, at: this.#clock.now() }, monotonic: now };
    if (this.#warnedAt !== undefined && now - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = now;
    const { remedy } = ERROR_CODES.IDENTITY_IN_USE;
    this.#logger.log('warn', 'identity used from two places; the other process was turned away', {
      code: 'IDENTITY_IN_USE',
      otherPlatform: other.platform,
      otherVersion: other.version,
      remedy,
    });
  }

  /** The conflict while it lasts. */
  get conflict(): IdentityConflict | undefined {
    if (this.#last === undefined || this.#clock.monotonic() - this.#last.monotonic > OVER_MS)
      return undefined;
    return this.#last.conflict;
  }
}
