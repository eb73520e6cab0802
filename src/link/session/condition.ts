import type { Attempts } from '../attempts/attempts.ts';
import type { Offers } from './offers.ts';

/** Code for the heartbeat while this runner should get no work; empty otherwise. */
export function conditionOf(attempts: Attempts, offers: Offers): string {
  return attempts.condition() ?? offers.condition();
}

/** Calls `announce` whenever the condition of the attempts changes. */
export async function watchCondition(
  attempts: Attempts,
  announce: () => void,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const reported = attempts.condition();
    await attempts.changed.until(() => attempts.condition() !== reported, signal);
    announce();
  }
}
