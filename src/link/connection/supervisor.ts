import type { Channel, Dialer } from '../../channel/channel.ts';
import type { Frame } from '../../channel/frames.ts';
import type { Logger } from '../../observability/logger.ts';
import { withDeadline } from '../../runtime/abort.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import { TaskGroup } from '../../runtime/task-group.ts';
import { DialerChoice } from './dialer-choice.ts';
import type { Agreement } from './handshake.ts';
import type { ConnectionState, Outage } from './connection-state.ts';
import { probe } from './probe.ts';
import { endsService } from './refusal.ts';

/** An open channel on which both sides know each other. */
export interface Handshaken {
  readonly agreement: Agreement;
  /** Serves until the signal fires (returns) or the session breaks (throws). Closes the channel. */
  serve(signal: AbortSignal): Promise<void>;
  /** Payload bytes not acknowledged yet. */
  bytesInFlight(): number;
}

/** In milliseconds. */
export interface ConnectionTiming {
  /** For Challenge, Hello and Welcome together. */
  readonly handshakeMs: number;
  /** Between probes of the preferred channel while another is in use; jittered between half and the whole. */
  readonly probeMs: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** A session that lasted this long resets the back-off. No longer than `silenceMs` of the session. */
  readonly stableMs: number;
}

export interface SupervisorOptions {
  /** Preferred first. */
  readonly dialers: readonly Dialer[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timing: ConnectionTiming;
  readonly introduce: (
    channel: Channel,
    frames: AsyncIterator<Frame>,
    authority: string,
    signal: AbortSignal,
  ) => Promise<Handshaken>;
}

/** Keeps one session alive: dial, handshake, serve, back off, again. Never gives up on network errors. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #choice: DialerChoice;
  readonly #backoff: Backoff;
  #outage: Outage;
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

  /** Returns once the signal has fired; throws a refusal that ends the service (see `endsService`). */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const moveBack = await this.#round(signal);
        if (moveBack) continue;
      } catch (thrown) {
        const error = RunnerError.from(thrown);
        if (signal.aborted) return;
        if (endsService(error)) throw error;
        await this.#wait(error, signal);
      }
    }
  }

  /** Tries each kind of channel once, serves over the first that works. Resolves with true when it ended only to move to the preferred kind. */
  async #round(signal: AbortSignal): Promise<boolean> {
    let failure = new RunnerError('INTERNAL', 'there is no dialer');
    let retryAfterMs = 0;
    for (const dialer of this.#choice.round()) {
      try {
        const session = await this.#open(dialer, signal);
        this.#choice.worked(dialer);
        return await this.#serve(dialer, session, signal);
      } catch (thrown) {
        failure = RunnerError.from(thrown);
        retryAfterMs = Math.max(retryAfterMs, failure.retryAfterMs ?? 0);
        if (
          signal.aborted ||
          this.#state.name === 'connected' ||
          !this.#choice.worthAnother(failure)
        )
          throw failure;
        this.#options.logger.log('warn', 'channel could not be opened', {
          channel: dialer.kind,
          authority: dialer.authority,
          error: String(failure),
          cause: causeOf(failure),
        });
      }
    }
    this.#choice.reset();
    throw retryAfterMs > (failure.retryAfterMs ?? 0) ? asking(failure, retryAfterMs) : failure;
  }

  async #open(dialer: Dialer, signal: AbortSignal): Promise<Handshaken> {
    const { timing, clock, introduce } = this.#options;
    this.#state = this.#dialing('connecting', dialer);
    const channel = await dialer.dial(signal);
    this.#state = this.#dialing('handshaking', dialer);
    try {
      const frames = channel.frames()[Symbol.asyncIterator]();
      return await withDeadline('the handshake', timing.handshakeMs, clock, signal, (bounded) =>
        introduce(channel, frames, dialer.authority, bounded),
      );
    } catch (thrown) {
      await channel.close('handshake failed');
      throw thrown;
    }
  }

  async #serve(dialer: Dialer, session: Handshaken, signal: AbortSignal): Promise<boolean> {
    const { clock, logger } = this.#options;
    const { controlPlane } = session.agreement;
    this.#state = {
      name: 'connected',
      channel: dialer.kind,
      authority: dialer.authority,
      since: clock.now(),
      controlPlane,
    };
    this.#backoff.succeeded();
    logger.log('info', 'connected', {
      channel: dialer.kind,
      authority: dialer.authority,
      controlPlane,
    });
    const group = new TaskGroup(signal);
    let moveBack = false;
    group.start((scope) => session.serve(scope));
    if (dialer !== this.#choice.preferred) {
      group.start(async (scope) => {
        await this.#untilPreferredWorks(scope);
        await this.#untilIdle(session, scope);
        moveBack = true;
        group.stop(new RunnerError('ABORTED', 'moving to the preferred channel'));
      });
    }
    try {
      await group.wait();
    } finally {
      this.#outage = { since: clock.now() };
    }
    return moveBack;
  }

  async #untilPreferredWorks(signal: AbortSignal): Promise<void> {
    const { clock, random, timing, logger } = this.#options;
    for (;;) {
      await clock.sleep(timing.probeMs * (0.5 + random.fraction() / 2), signal);
      try {
        await probe(this.#choice.preferred, timing.handshakeMs, clock, signal);
        this.#choice.reset();
        logger.log('info', 'the preferred channel works again', {
          channel: this.#choice.preferred.kind,
        });
        return;
      } catch (thrown) {
        logger.log('debug', 'the preferred channel does not work yet', {
          error: String(RunnerError.from(thrown)),
        });
      }
    }
  }

  /** A quiet moment, so that little is sent twice; not for ever, since delivery resumes by position anyway. */
  async #untilIdle(session: Handshaken, signal: AbortSignal): Promise<void> {
    for (let looks = 0; looks < 20 && session.bytesInFlight() > 0; looks++)
      await this.#options.clock.sleep(250, signal);
  }

  async #wait(error: RunnerError, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    const pause = this.#backoff.pauseAfter(error);
    this.#outage = { ...this.#outage, error: error.toFailure() };
    this.#state = {
      name: 'waiting',
      until: clock.now() + pause,
      error: error.toFailure(),
      outage: this.#outage,
      at: clock.now(),
    };
    logger.log('warn', 'not connected; trying again', {
      error: String(error),
      remedy: error.remedy,
      cause: causeOf(error),
      pauseMs: Math.round(pause),
    });
    try {
      await clock.sleep(pause, signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }
}

/** The same failure with the longest pause that any kind of channel was asked to make. */
function asking(failure: RunnerError, retryAfterMs: number): RunnerError {
  const { code, message, remedy, retryable, cause } = failure;
  return new RunnerError(code, message, { remedy, retryable, cause, retryAfterMs });
}

function causeOf(error: RunnerError): string | undefined {
  return error.cause instanceof Error ? error.cause.message : undefined;
}
