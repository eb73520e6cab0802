import type { Logger } from '../../../observability/logger.ts';
import { Backoff } from '../../../runtime/backoff.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import type { Random } from '../../../runtime/random.ts';

export interface RepeatOptions {
  /** Tries in all. */
  readonly tries: number;
  /** Upper bound of the first pause between tries, in milliseconds. */
  readonly pauseMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const LONGEST_PAUSE_MS = 20_000;

/**
 * Does the work again, after growing pauses with jitter, while it fails for reasons that may pass. An allocation that is
 * used up is none of them: it takes hours. Throws the last failure.
 */
export async function repeat<T>(what: string, { tries, pauseMs, clock, random, logger }: RepeatOptions, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const backoff = new Backoff({ baseMs: pauseMs, capMs: LONGEST_PAUSE_MS, stableMs: 0 }, clock, random);
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted || !error.retryable || error.code === 'SALESFORCE_LIMIT_REACHED' || attempt >= tries) throw error;
      const pause = Math.max(backoff.next(), error.retryAfterMs ?? 0);
      logger.log('debug', 'A call to Salesforce failed and is repeated', { what, attempt, code: error.code, pauseMs: Math.round(pause) });
      await clock.sleep(pause, signal);
    }
  }
}
