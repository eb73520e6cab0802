import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { ERROR_CODES } from '../../../foundation/src/runtime/error-codes.ts';

/** The other process retries about twice a minute; one warning per interval is enough. */
const WARN_EVERY_MS = 10 * 60_000;
/** The conflict is over this long after the last attempt of the other process. */
const OVER_MS = 5 * 60_000;

/** Another process that uses this runner's identity, as described by itself. */
export interface OtherProcess {
  readonly platform: string;
  readonly version: string;
}

export interface IdentityConflict extends OtherProcess {
  /** Unix time of its last attempt to connect. */
  readonly at: number;
}

/**
 * Remembers and logs that another process tried to connect with this identity. This process stays
 * connected.
 */
export class IdentityWatch {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #last: { readonly conflict: IdentityConflict; readonly monotonic: number } | undefined;
  #warnedAt: number | undefined;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  noteConflict(other: OtherProcess): void {
    const now = this.#clock.monotonic();
    this.#last = { conflict: { ...other, at: this.#clock.now() }, monotonic: now };
    if (this.#warnedAt !== undefined && now - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = now;
    const { remedy } = ERROR_CODES.IDENTITY_IN_USE;
    this.#logger.log('warn', "control plane rejected another process with this runner's identity", {
      code: 'IDENTITY_IN_USE',
      otherPlatform: other.platform,
      otherVersion: other.version,
      remedy,
    });
  }

  /** Undefined when there was none recently. */
  get conflict(): IdentityConflict | undefined {
    if (this.#last === undefined || this.#clock.monotonic() - this.#last.monotonic > OVER_MS)
      return undefined;
    return this.#last.conflict;
  }
}
