import type { Channel, Dialer } from '../../channel/channel.ts';
import type { Frame } from '../../channel/frames.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Metrics } from '../../../foundation/src/logging/metrics.ts';
import { withDeadline } from '../../../foundation/src/runtime/abort.ts';
import { Backoff } from '../../../foundation/src/runtime/backoff.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { localErrorFields } from '../../../foundation/src/runtime/error-fields.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import { TaskGroup } from '../../../foundation/src/runtime/task-group.ts';
import { sleepUnlessAborted } from '../../../foundation/src/runtime/wait.ts';
import type { ConnectionState, Outage } from './connection-state.ts';
import { DialerChoice } from './dialer-choice.ts';
import type { Agreement } from './handshake.ts';
import { untilPreferredWorks } from './probe.ts';
import { endsService } from './refusal.ts';

/** How long a session on a fallback channel may take to become idle before it is moved anyway. */
const IDLE_MAX_MS = 5_000;
const IDLE_CHECK_MS = 250;

/** A channel after the handshake, ready to serve a session. */
export interface ReadyChannel {
  readonly agreement: Agreement;
  /**
   * Serves until the signal fires or another session should follow at once (returns), or the
   * session breaks (throws). Closes the channel.
   */
  serve(signal: AbortSignal): Promise<void>;
  /** Payload bytes that are not acknowledged yet. */
  bytesInFlight(): number;
}

/** In milliseconds. */
export interface ConnectionTiming {
  /** For Challenge, Hello and Welcome together. */
  readonly handshakeMs: number;
  /**
   * Between probes of the preferred channel while another is in use; jittered between half and the
   * whole.
   */
  readonly probeMs: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /**
   * A session that lasted this long resets the back-off. No longer than `silenceMs` of the session.
   */
  readonly stableMs: number;
}

export interface SupervisorOptions {
  /** Preferred first. */
  readonly dialers: readonly Dialer[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly timing: ConnectionTiming;
  /** Performs the handshake over an open channel, of which it reads `frames`. */
  readonly establish: (
    channel: Channel,
    frames: AsyncIterator<Frame>,
    authority: string,
    signal: AbortSignal,
  ) => Promise<ReadyChannel>;
}

/**
 * Keeps one session alive: dial, handshake, serve, back off, repeat. Never stops retrying after
 * network errors.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #choice: DialerChoice;
  readonly #backoff: Backoff;
  #outage: Outage;
  #hasConnected = false;
  #state: ConnectionState;

  constructor(options: SupervisorOptions) {
    const { dialers, timing, clock, random } = options;
    this.#options = options;
    this.#choice = new DialerChoice(dialers);
    this.#backoff = new Backoff(
      { baseMs: timing.backoffBaseMs, capMs: timing.backoffCapMs, stableMs: timing.stableMs },
      clock,
      random,
    );
    this.#outage = { since: clock.now() };
    this.#state = this.#dialing('connecting', this.#choice.preferred);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  #dialing(name: 'connecting' | 'handshaking', { kind, authority }: Dialer): ConnectionState {
    return { name, channel: kind, authority, outage: this.#outage, at: this.#options.clock.now() };
  }

  /**
   * Returns once the signal has fired; throws a refusal that ends the service (see `endsService`).
   */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const moving = await this.#round(signal);
        if (moving) continue;
      } catch (thrown) {
        const error = RunnerError.from(thrown);
        if (signal.aborted) return;
        if (endsService(error)) throw error;
        await this.#backOff(error, signal);
      }
    }
  }

  /**
   * Tries each kind of channel once and serves over the first that works. Resolves with true when
   * another session should follow at once.
   */
  async #round(signal: AbortSignal): Promise<boolean> {
    let failure = new RunnerError('INTERNAL', 'no dialer is configured');
    let retryAfterMs = 0;
    for (const dialer of this.#choice.round()) {
      try {
        const session = await this.#open(dialer, signal);
        this.#choice.worked(dialer);
        return await this.#serve(dialer, session, signal);
      } catch (thrown) {
        failure = RunnerError.from(thrown);
        retryAfterMs = Math.max(retryAfterMs, failure.retryAfterMs ?? 0);
        if (signal.aborted || this.#state.name === 'connected') throw failure;
        if (!this.#choice.worthAnother(failure)) throw failure;
        this.#logFailure(dialer, failure);
      }
    }
    this.#choice.reset();
    throw withRetryAfter(failure, retryAfterMs);
  }

  #logFailure({ kind, authority }: Dialer, failure: RunnerError): void {
    this.#options.logger.log('warn', 'failed to open channel', {
      channel: kind,
      authority,
      ...localErrorFields(failure),
    });
  }

  async #open(dialer: Dialer, signal: AbortSignal): Promise<ReadyChannel> {
    const { timing, clock, establish } = this.#options;
    this.#state = this.#dialing('connecting', dialer);
    const channel = await dialer.dial(signal);
    this.#state = this.#dialing('handshaking', dialer);
    try {
      const frames = channel.frames()[Symbol.asyncIterator]();
      return await withDeadline('the handshake', timing.handshakeMs, clock, signal, (bounded) =>
        establish(channel, frames, dialer.authority, bounded),
      );
    } catch (thrown) {
      await channel.close('handshake failed');
      throw thrown;
    }
  }

  async #serve(dialer: Dialer, session: ReadyChannel, signal: AbortSignal): Promise<boolean> {
    this.#connected(dialer, session.agreement);
    const group = new TaskGroup(signal);
    let moving = false;
    group.start(async (scope) => {
      await session.serve(scope);
      moving = true;
      group.stop(new RunnerError('ABORTED', 'the session has ended'));
    });
    if (dialer !== this.#choice.preferred) {
      group.start(async (scope) => {
        await untilPreferredWorks(this.#choice, this.#options, scope);
        await this.#untilIdle(session, scope);
        moving = true;
        group.stop(new RunnerError('ABORTED', 'moving to the preferred channel'));
      });
    }
    try {
      await group.wait();
    } finally {
      this.#outage = { since: this.#options.clock.now() };
    }
    return moving;
  }

  #connected({ kind, authority }: Dialer, { controlPlane }: Agreement): void {
    const { clock, logger, metrics } = this.#options;
    if (this.#hasConnected) metrics.count('reconnects', {});
    this.#hasConnected = true;
    const place = { channel: kind, authority };
    this.#state = { name: 'connected', ...place, since: clock.now(), controlPlane };
    this.#backoff.succeeded();
    logger.log('info', 'connected to the control plane', { ...place, controlPlane });
  }

  /**
   * Waits for a quiet moment, so that little is sent twice. Bounded, since delivery resumes by
   * position anyway.
   */
  async #untilIdle(session: ReadyChannel, signal: AbortSignal): Promise<void> {
    for (let waited = 0; waited < IDLE_MAX_MS && session.bytesInFlight() > 0;) {
      await this.#options.clock.sleep(IDLE_CHECK_MS, signal);
      waited += IDLE_CHECK_MS;
    }
  }

  async #backOff(error: RunnerError, signal: AbortSignal): Promise<void> {
    const { clock, logger, metrics } = this.#options;
    metrics.count('connectionFailures', { code: error.code });
    const pause = this.#backoff.pauseAfter(error);
    this.#outage = { ...this.#outage, error: error.toFailure() };
    this.#state = {
      name: 'waiting',
      until: clock.now() + pause,
      error: error.toFailure(),
      outage: this.#outage,
      at: clock.now(),
    };
    logger.log('warn', 'connection failed; retrying', {
      ...localErrorFields(error),
      remedy: error.remedy,
      retryInMs: Math.round(pause),
    });
    await sleepUnlessAborted(clock, pause, signal);
  }
}

/** The same failure with the longest pause that any of the channels asked for. */
function withRetryAfter(failure: RunnerError, retryAfterMs: number): RunnerError {
  if (retryAfterMs <= (failure.retryAfterMs ?? 0)) return failure;
  const { code, message, remedy, retryable, cause } = failure;
  return new RunnerError(code, message, { remedy, retryable, cause, retryAfterMs });
}
