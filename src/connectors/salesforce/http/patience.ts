import type { Logger } from '../../../observability/logger.ts';
import { untilAborted } from '../../../runtime/abort.ts';
import { Backoff } from '../../../runtime/backoff.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { ErrorCode } from '../../../runtime/error-codes.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import type { Random } from '../../../runtime/random.ts';
import { markFatal } from './fatal.ts';
import { wasNeverSent } from './unsent.ts';

/*
 * Invariants. While the org is down, one request at a time asks whether it is back, after growing pauses; every other call
 * waits for what that finds. An org that answers anything at all is not down: trouble of single calls is not waited for here.
 * Once patience has run out it stays so: no later call of the run waits again, or is made.
 */

/** What a run waits for, and how long until the next try. */
export interface Wait {
  readonly error: RunnerError;
  readonly pauseMs: number;
}

export interface PatienceOptions {
  /** How long an org may be down without ending the run, in milliseconds. */
  readonly patienceMs: number;
  /** Upper bound of the first pause, in milliseconds. */
  readonly pauseMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Told before each pause, and with undefined once Salesforce answers again. */
  readonly onWait: (wait: Wait | undefined) => void;
  /** Ends what asks whether the org is back. */
  readonly signal: AbortSignal;
}

type State =
  | { readonly kind: 'up' }
  | {
      readonly kind: 'down';
      readonly since: number;
      readonly error: RunnerError;
      asking: Promise<boolean> | undefined;
    }
  | { readonly kind: 'givenUp'; readonly error: RunnerError };

/** Failed calls, with no answer to any call between them, that take an org to be down. A refused connection is enough by itself. */
const MOST_FAILURES = 4;
const LONGEST_PAUSE_MS = 20_000;

const OUTAGE: ReadonlySet<ErrorCode> = new Set([
  'SALESFORCE_BUSY',
  'NETWORK_UNREACHABLE',
  'NETWORK_TIMEOUT',
  'NETWORK_RESET',
  'DEADLINE_EXCEEDED',
]);

/** Whether a failed exchange may mean that the org is down: overloaded, in maintenance, or not to be reached. */
export function mayBeOutage({ code, retryable }: RunnerError): boolean {
  return retryable && OUTAGE.has(code);
}

/** Knows whether the org is down, and waits until it is back. One for all calls of an attempt. */
export class Patience {
  readonly #options: PatienceOptions;
  #state: State = { kind: 'up' };
  #failures = 0;
  #firstFailedAt = 0;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** Notes that the org answered a call, whatever it said. */
  answered(): void {
    this.#failures = 0;
    if (this.#state.kind === 'down') this.#change({ kind: 'up' });
  }

  /** Notes a call that failed for a reason of `mayBeOutage`. */
  failed(error: RunnerError): void {
    if (this.#failures === 0) this.#firstFailedAt = this.#options.clock.monotonic();
    this.#failures += 1;
    if (this.#state.kind !== 'up' || (this.#failures < MOST_FAILURES && !wasNeverSent(error)))
      return;
    this.#change({ kind: 'down', since: this.#firstFailedAt, error, asking: undefined });
  }

  /**
   * Resolves at once, or as soon as the org is back; true when it was found to be down meanwhile. `ask` makes one small
   * request; the one of whoever waits first is used. Throws the last error of an org that is given up, and the signal's reason.
   */
  async pass(
    ask: (signal: AbortSignal) => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<boolean> {
    let wasDown = false;
    while (this.#state.kind !== 'up') {
      if (this.#state.kind === 'givenUp') throw this.#state.error;
      this.#state.asking ??= this.#ask(this.#state, ask);
      wasDown = (await untilAborted(this.#state.asking, signal)) || wasDown;
    }
    return wasDown;
  }

  /**
   * Repeats `work`, without which no call can be made, while `passes` says of its error that it may pass, until patience
   * runs out. A retryable error that it ends with gives the org up. Throws the last error.
   */
  async persist<T>(
    work: () => Promise<T>,
    passes: (error: RunnerError) => boolean,
    signal: AbortSignal,
  ): Promise<T> {
    if (this.#state.kind === 'givenUp') throw this.#state.error;
    try {
      return await this.#persist(work, { passes, signal, since: undefined, failed: undefined });
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted) throw error;
      if (error.retryable && !this.#isGivenUp) this.#change({ kind: 'givenUp', error });
      throw markFatal(error);
    }
  }

  /** Whether the org was down, when it no longer is. */
  async #ask(
    down: State & { kind: 'down' },
    ask: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<boolean> {
    const { signal } = this.#options;
    let failures = 0;
    const passes = (error: RunnerError): boolean => mayBeOutage(error) && (failures += 1) > 0;
    await this.#persist(() => ask(signal), {
      passes,
      signal,
      since: down.since,
      failed: down.error,
    }).catch((thrown: unknown) => {
      // Any other answer is an answer.
      if (signal.aborted || this.#isGivenUp) throw thrown;
    });
    this.answered();
    return failures > 0;
  }

  async #persist<T>(
    work: () => Promise<T>,
    { passes, signal, ...before }: Persistence,
  ): Promise<T> {
    const { clock, random, pauseMs, onWait } = this.#options;
    const backoff = new Backoff(
      { baseMs: pauseMs, capMs: LONGEST_PAUSE_MS, stableMs: 0 },
      clock,
      random,
    );
    let { since, failed } = before;
    try {
      for (;;) {
        if (failed !== undefined)
          await this.#pause(failed, (since ??= clock.monotonic()), backoff, signal);
        try {
          return await work();
        } catch (thrown) {
          const error = RunnerError.from(thrown);
          if (signal.aborted || !passes(error)) throw error;
          failed = error;
        }
      }
    } finally {
      if (failed !== undefined) onWait(undefined);
    }
  }

  /** The last try is made when time is up, not before. */
  async #pause(
    error: RunnerError,
    since: number,
    backoff: Backoff,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, patienceMs, logger, onWait } = this.#options;
    const left = since + patienceMs - clock.monotonic();
    if (left <= 0) throw this.#giveUp(error);
    const pauseMs = Math.min(left, Math.max(backoff.next(), error.retryAfterMs ?? 0));
    logger.log('info', 'waiting for Salesforce', {
      code: error.code,
      reason: error.message,
      pauseMs: Math.round(pauseMs),
      patienceLeftMs: Math.round(left),
    });
    onWait({ error, pauseMs });
    await clock.sleep(pauseMs, signal);
  }

  #giveUp(last: RunnerError): RunnerError {
    const { patienceMs } = this.#options;
    const error = new RunnerError(
      last.code,
      `${last.message}; tried again for ${Math.round(patienceMs / 1000)} s`,
      { cause: last, remedy: last.remedy, retryable: true },
    );
    this.#change({ kind: 'givenUp', error });
    return markFatal(error);
  }

  get #isGivenUp(): boolean {
    return this.#state.kind === 'givenUp';
  }

  #change(state: State): void {
    this.#state = state;
  }
}

interface Persistence {
  readonly passes: (error: RunnerError) => boolean;
  readonly signal: AbortSignal;
  /** When the trouble began, and with what; undefined for work that has not been tried. */
  readonly since: number | undefined;
  readonly failed: RunnerError | undefined;
}
