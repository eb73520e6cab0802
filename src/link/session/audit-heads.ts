import type { Channel } from '../../channel/channel.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';

/** The end of the audit trail, and what has become of a line that was its end before. */
export interface ComparedHead {
  readonly number: number;
  readonly hash: string;
  readonly signature: Uint8Array;
  /** Empty if the trail has no intact line with that number. */
  readonly previousHash: string;
}

export interface AuditHeads {
  /** Undefined if there is no trail. `previous` is the number of an earlier head, 0 for none. */
  compare(previous: number, signal: AbortSignal): Promise<ComparedHead | undefined>;
}

export interface SendHeadsOptions {
  readonly channel: Channel;
  readonly heads: AuditHeads;
  /** The last one that the control plane has kept; 0 for none. */
  readonly kept: number;
  readonly pauseMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Sends the head of the audit trail at once and every `pauseMs` if there are new lines. A trail
 * that cannot be read ends no session: the control plane shows how old its last head is.
 */
export async function sendAuditHeads(
  { channel, heads, kept, pauseMs, clock, logger }: SendHeadsOptions,
  signal: AbortSignal,
): Promise<void> {
  let previous = kept;
  let sent: string | undefined;
  for (;;) {
    const head = await heads.compare(previous, signal).catch((thrown: unknown) => {
      if (!signal.aborted)
        logger.log('error', 'failed to sign the head of the audit trail', errorFields(thrown));
      return undefined;
    });
    if (head !== undefined && head.hash !== sent) {
      const body = { ...head, previousNumber: previous };
      await channel.send({ kind: 'auditHead', body }, signal);
      previous = head.number;
      sent = head.hash;
    }
    await clock.sleep(pauseMs, signal);
  }
}
