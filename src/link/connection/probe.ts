import type { Dialer } from '../../channel/channel.ts';
import { withDeadline } from '../../runtime/abort.ts';
import type { Clock } from '../../runtime/clock.ts';
import { expectFrame } from './handshake.ts';

/** Whether a control plane answers over this dialer: a channel opens and its challenge comes through. Throws when not. */
export async function probe(
  dialer: Dialer,
  patienceMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const channel = await dialer.dial(signal);
  try {
    await withDeadline('the challenge', patienceMs, clock, signal, (bounded) =>
      expectFrame(channel.frames()[Symbol.asyncIterator](), 'challenge', bounded),
    );
  } finally {
    await channel.close('probe');
  }
}
