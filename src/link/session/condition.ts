import type { Attempts } from '../attempts/attempts.ts';
import type { Offers } from './offers.ts';

/** A code for the heartbeat while this runner had better get no work, else empty. */
export function conditionOf(attempts: Attempts, offers: Offers): string {
  return attempts.condition() ?? offers.condition();
}

/** Calls `announce` whenever an attempt brings the condition about, or ends it. */
export async function watchCondition(
  attempts: Attempts,
  announce: () => void,
  signal: AbortSignal,
): Promise<void> {
  for (let told = attempts.condition(); ; told = attempts.condition()) {
    await attempts.changed.until(() => attempts.condition() !== told, signal);
    announce();
  }
}
