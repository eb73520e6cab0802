import type { Channel } from '../../channel/channel.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { Attempts } from '../attempts/attempts.ts';

/** Sends the latest progress of each attempt, at most once per `pauseMs`. */
export async function sendProgress(
  channel: Channel,
  attempts: Attempts,
  pauseMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    let sent = false;
    for (const attempt of attempts.all()) {
      const progress = attempt.working ? attempt.takeProgress() : undefined;
      if (progress === undefined) continue;
      await channel.send({ kind: 'progress', body: { ref: attempt.ref, ...progress } }, signal);
      sent = true;
    }
    if (sent) await clock.sleep(pauseMs, signal);
    else await attempts.changed.wait(signal);
  }
}
