import type { Dialer } from '../../channel/channel.ts';
import type { Challenge } from '../../channel/frames.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { withDeadline } from '../../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import type { DialerChoice } from './dialer-choice.ts';
import { expectFrame } from './handshake.ts';

export interface ProbeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timing: { readonly probeMs: number; readonly handshakeMs: number };
}

/**
 * Probes the preferred channel from time to time; returns once it works and is the choice for the
 * next round.
 */
export async function untilPreferredWorks(
  choice: DialerChoice,
  { clock, random, timing, logger }: ProbeOptions,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(timing.probeMs * (0.5 + random.fraction() / 2), signal);
    try {
      await probe(choice.preferred, timing.handshakeMs, clock, signal);
      choice.reset();
      logger.log('info', 'preferred channel works again', { channel: choice.preferred.kind });
      return;
    } catch (thrown) {
      logger.log('debug', 'preferred channel still fails', errorFields(thrown));
    }
  }
}

/** Opens a channel and waits for the challenge of the control plane. Throws when either fails. */
export async function probe(
  dialer: Dialer,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Challenge> {
  const channel = await dialer.dial(signal);
  try {
    return await withDeadline('the challenge', timeoutMs, clock, signal, (bounded) =>
      expectFrame(channel.frames()[Symbol.asyncIterator](), 'challenge', bounded),
    );
  } finally {
    await channel.close('probe');
  }
}
