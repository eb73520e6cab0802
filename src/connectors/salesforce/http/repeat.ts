import type { Logger } from '../../../observability/logger.ts';
import { Backoff } from '../../../runtime/backoff.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import type { Random } from '../../../runtime/random.ts';
import { endsRun } from './fatal.ts';

export interface RepeatOptions {
  /** Tries in all. */
  readonly tries: number;
  /** Upper bound of the first pause between tries, in milliseconds. */
  readonly pauseMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Waits until the org is not down, and says whether it was. */
  readonly ready: (signal: AbortSignal) => Promise<boolean>;
}

const LONGEST_PAUSE_MS = 20_000;

/**
 * Does the work again, after growing pauses with jitter, while it fails for reasons that may pass. An allocation that is
 * used up is none of them: it takes hours. Failures while the org is down count as no tries, because no single call is to
 * blame for them. Throws the last failure, and what `ready` throws.
 */
export async function repeat<T>(
  what: string,
  { tries, pauseMs, clock, random, logger, ready }: RepeatOptions,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const backoff = new Backoff(
    { baseMs: pauseMs, capMs: LONGEST_PAUSE_MS, stableMs: 0 },
    clock,
    random,
  );
  for (let attempt = 1; ; attempt++) {
    await ready(signal);
    try {
      return await work();
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (endsRun(error, signal) || !error.retryable) throw error;
      if (await ready(signal)) {
        attempt -= 1;
        continue;
      }
      if (attempt >= tries) throw error;
      const pause = Math.max(backoff.next(), error.retryAfterMs ?? 0);
      logger.log('debug', 'A call to Salesforce failed and is repeated', {
        what,
        attempt,
        code: error.code,
        pauseMs: Math.round(pause),
      });
      await clock.sleep(pause, signal);
    }
  }
}
