import { errorFields } from '../runtime/error-fields.ts';
import type { Logger } from '../logging/logger.ts';
import { untilAborted } from '../runtime/abort.ts';
import { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { Random } from '../runtime/random.ts';

/*
 * Invariants. While the server is down, one request at a time probes whether it is back, after
 * growing pauses; every other request waits for the result. A server that answers anything is not
 * down: failures of single requests are not waited for here. Once the patience has run out, no
 * later request of the run waits again, or is sent.
 */

/** The error that a run waits out, and the time until the next try. */
export interface Wait {
  readonly error: RunnerError;
  readonly pauseMs: number;
}

export interface OutageGateOptions {
  /** Names the server in log lines. */
  readonly server: string;
  /** Whether a failed request may mean that the server is down. */
  readonly mayBeOutage: (error: RunnerError) => boolean;
  /** How long the server may be down without ending the run, in milliseconds. */
  readonly patienceMs: number;
  /** Upper bound of the first pause, in milliseconds. */
  readonly pauseMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Called before each pause, and with undefined once the server answers again. */
  readonly onWait: (wait: Wait | undefined) => void;
  /** Ends probes. */
  readonly signal: AbortSignal;
}

type Down = {
  readonly kind: 'down';
  readonly since: number;
  readonly error: RunnerError;
  probing: Promise<boolean> | undefined;
};

type State =
  | { readonly kind: 'up' }
  | Down
  | { readonly kind: 'abandoned'; readonly error: RunnerError };

/**
 * Consecutive failures, without any answer in between, that count as an outage. A refused
 * connection is enough by itself.
 */
const MAX_FAILURES = 4;
const LONGEST_PAUSE_MS = 20_000;

/** Work that is repeated until the patience has run out. */
interface Persistence {
  readonly mayPass: (error: RunnerError) => boolean;
  readonly signal: AbortSignal;
  /** When the trouble began, and with which error; undefined for work that has not been tried. */
  readonly since: number | undefined;
  readonly failed: RunnerError | undefined;
}

/** Holds requests back while the server is down. One for all requests of an attempt. */
export class OutageGate {
  readonly #options: OutageGateOptions;
  #state: State = { kind: 'up' };
  #failures = 0;
  #firstFailedAt = 0;

  constructor(options: OutageGateOptions) {
    this.#options = options;
  }

  /** Records that the server answered a request, with any status. */
  answered(): void {
    this.#failures = 0;
    if (this.#state.kind === 'down') this.#setState({ kind: 'up' });
  }

  /** Notes a failed request, if the error may mean an outage. */
  failed(error: RunnerError): void {
    if (!this.#options.mayBeOutage(error)) return;
    if (this.#failures === 0) this.#firstFailedAt = this.#options.clock.monotonic();
    this.#failures += 1;
    if (this.#state.kind !== 'up' || (this.#failures < MAX_FAILURES && !error.neverSent)) return;
    this.#setState({ kind: 'down', since: this.#firstFailedAt, error, probing: undefined });
  }

  /**
   * Resolves at once, or when the server is back; true when it was down meanwhile. `probe` makes
   * one small request; of several callers, the first one's is used. Throws the last error of a
   * server that was abandoned, or the signal's reason.
   */
  async pass(
    probe: (signal: AbortSignal) => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<boolean> {
    let wasDown = false;
    while (this.#state.kind !== 'up') {
      if (this.#state.kind === 'abandoned') throw this.#state.error;
      // A probe that finds no patience left changes the state before it returns: do not read it
      // from there.
      const probing = (this.#state.probing ??= this.#probe(this.#state, probe));
      wasDown = (await untilAborted(probing, signal)) || wasDown;
    }
    return wasDown;
  }

  /**
   * Repeats work that every request depends on, while `mayPass` accepts its error and until the
   * patience has run out. Gives the server up when the last error is retryable. Throws the last
   * error, marked fatal.
   */
  async persist<T>(
    work: () => Promise<T>,
    mayPass: (error: RunnerError) => boolean,
    signal: AbortSignal,
  ): Promise<T> {
    if (this.#state.kind === 'abandoned') throw this.#state.error;
    try {
      return await this.#persist(work, { mayPass, signal, since: undefined, failed: undefined });
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted) throw error;
      const fatal = error.fatal ? error : error.with({ fatal: true });
      if (error.retryable && !this.#isAbandoned)
        this.#setState({ kind: 'abandoned', error: fatal });
      throw fatal;
    }
  }

  /** Resolves once the server is up, with whether it had been down. */
  async #probe(down: Down, probe: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
    const { signal, mayBeOutage } = this.#options;
    let failures = 0;
    const mayPass = (error: RunnerError): boolean => mayBeOutage(error) && (failures += 1) > 0;
    const { since, error: failed } = down;
    await this.#persist(() => probe(signal), { mayPass, signal, since, failed }).catch(
      (thrown: unknown) => {
        // Any other error is an answer of the server.
        if (signal.aborted || this.#isAbandoned) throw thrown;
      },
    );
    this.answered();
    return failures > 0;
  }

  async #persist<T>(
    work: () => Promise<T>,
    { mayPass, signal, ...before }: Persistence,
  ): Promise<T> {
    const { clock, random, pauseMs, onWait } = this.#options;
    const pace = { baseMs: pauseMs, capMs: LONGEST_PAUSE_MS, stableMs: 0 };
    const backoff = new Backoff(pace, clock, random);
    let { since, failed } = before;
    try {
      for (;;) {
        if (failed !== undefined)
          await this.#pause(failed, (since ??= clock.monotonic()), backoff, signal);
        try {
          return await work();
        } catch (thrown) {
          const error = RunnerError.from(thrown);
          if (signal.aborted || !mayPass(error)) throw error;
          failed = error;
        }
      }
    } finally {
      if (failed !== undefined) onWait(undefined);
    }
  }

  /** The last try is made when the patience ends, not before. */
  async #pause(
    error: RunnerError,
    since: number,
    backoff: Backoff,
    signal: AbortSignal,
  ): Promise<void> {
    const { server, mayBeOutage, clock, patienceMs, logger, onWait } = this.#options;
    const left = since + patienceMs - clock.monotonic();
    if (left <= 0) throw this.#abandon(error);
    const pauseMs = Math.min(left, backoff.pauseAfter(error));
    const what = mayBeOutage(error) ? `waiting for ${server}` : 'waiting before the next try';
    logger.log('info', what, {
      ...errorFields(error),
      retryInMs: Math.round(pauseMs),
      patienceLeftMs: Math.round(left),
    });
    onWait({ error, pauseMs });
    await clock.sleep(pauseMs, signal);
  }

  #abandon(last: RunnerError): RunnerError {
    const seconds = Math.round(this.#options.patienceMs / 1000);
    const message = `${last.message}; retried for ${seconds} s`;
    const details = { cause: last, remedy: last.remedy, retryable: true, fatal: true };
    const error = new RunnerError(last.code, message, details);
    this.#setState({ kind: 'abandoned', error });
    return error;
  }

  get #isAbandoned(): boolean {
    return this.#state.kind === 'abandoned';
  }

  #setState(state: State): void {
    this.#state = state;
  }
}
