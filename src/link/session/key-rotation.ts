import type { Channel } from '../../channel/channel.ts';
import type { AuditTrail } from '../../../foundation/src/logging/audit-trail.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { localErrorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { IdentityKeys } from '../enrollment/rotating-identity.ts';

/** Timers of a runtime are not made for months; the wall clock may also change meanwhile. */
const LONGEST_SLEEP_MS = 3_600_000;

export interface RotationOptions {
  readonly keys: IdentityKeys;
  readonly trail: AuditTrail;
  readonly channel: Channel;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Replaces the key of the identity during one session: proposes a new one when that is due, and
 * puts it in force once the control plane has accepted it. A failure ends no session; the next
 * attempt is an hour later, with the same key.
 */
export class KeyRotation {
  readonly #options: RotationOptions;
  #proposed: string | undefined;

  constructor(options: RotationOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { keys, clock } = this.#options;
    for (;;) {
      for (let due = keys.dueInMs(); due > 0; due = keys.dueInMs())
        await clock.sleep(Math.min(due, LONGEST_SLEEP_MS), signal);
      await this.#attempt('propose', () => this.#propose(signal), signal);
      await clock.sleep(LONGEST_SLEEP_MS, signal);
    }
  }

  /** Resolves with whether the session should be replaced by one with the new key. */
  async accepted(publicKey: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const { keys, trail } = this.#options;
    if (text(publicKey) !== this.#proposed) return false;
    return this.#attempt(
      'use',
      async () => {
        await trail.record({ event: 'identityKey', change: 'use', publicKey: text(publicKey) });
        return keys.accepted(publicKey);
      },
      signal,
    );
  }

  async #propose(signal: AbortSignal): Promise<boolean> {
    const { keys, trail, channel, logger } = this.#options;
    const body = await keys.propose();
    const publicKey = text(body.publicKey);
    await trail.record({ event: 'identityKey', change: 'propose', publicKey });
    logger.log('info', 'proposing a new identity key', { publicKey });
    this.#proposed = publicKey;
    await channel.send({ kind: 'keyProposal', body }, signal);
    return true;
  }

  async #attempt(
    step: string,
    work: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      return await work();
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      this.#options.logger.log('error', 'failed to replace the identity key', {
        step,
        ...localErrorFields(thrown),
      });
      return false;
    }
  }
}

function text(publicKey: Uint8Array): string {
  return Buffer.from(publicKey).toString('base64');
}
