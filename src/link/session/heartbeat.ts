import type { Channel } from '../../channel/channel.ts';
import type { Heartbeat, HeartbeatReply } from '../../channel/frames.ts';
import { withDeadline } from '../../../foundation/src/runtime/abort.ts';
import { ChangeSignal } from '../../../foundation/src/runtime/change-signal.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { sleepOrWoken } from '../../../foundation/src/runtime/wait.ts';
import type { Attempts } from '../attempts/attempts.ts';
import type { Leases } from '../attempts/leases.ts';
import { toAttemptRef } from '../connection/frame-fields.ts';

const REMEMBERED_BEATS = 16;

export interface HeartbeatOptions {
  /** Uptime before the hello was sent. */
  readonly helloAt: number;
  readonly channel: Channel;
  readonly clock: Clock;
  readonly attempts: Attempts;
  readonly leases: Leases;
  readonly intervalMs: number;
  /** How long the control plane may stay silent after a heartbeat. */
  readonly silenceMs: number;
  /** Duration of a lease that is renewed without one. */
  readonly leaseMs: number;
  readonly capacity: number;
  readonly draining: () => boolean;
  readonly condition: () => string;
  /** Called after each heartbeat; throws to end the session. */
  readonly check: () => void;
}

/** Sends heartbeats, renews leases with their replies, and detects a silent control plane. */
export class HeartbeatLoop {
  readonly #options: HeartbeatOptions;
  readonly #due = new ChangeSignal();
  /**
   * When the last heartbeats were sent, by number. Silence is measured in monotonic time, a lease
   * in uptime.
   */
  readonly #sentAt = new Map<number, { readonly monotonic: number; readonly uptime: number }>();
  #answeredAfter: number;
  #number = 0;
  /**
   * Number of the last identity check received, and of the last one that a heartbeat has answered.
   */
  #check = 0;
  #answeredCheck = 0;
  #receivedAt: number;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#receivedAt = options.clock.monotonic();
    this.#answeredAfter = options.helloAt;
  }

  /**
   * Every frame received from now on was sent after this uptime: that of the hello, or of the last
   * heartbeat with a reply.
   */
  get answeredAfter(): number {
    return this.#answeredAfter;
  }

  /** Call for every received frame. */
  noteReceived(): void {
    this.#receivedAt = this.#options.clock.monotonic();
  }

  /** Sends a heartbeat now instead of at the next interval, to report a change. */
  beatNow(): void {
    this.#due.notify();
  }

  /** Answers at once: the control plane checks whether this process is alive. */
  noteIdentityCheck(number: number): void {
    this.#check = number;
    this.beatNow();
  }

  /** Throws NETWORK_TIMEOUT when the control plane is silent. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, silenceMs, channel, check, intervalMs } = this.#options;
    for (;;) {
      const sentAt = clock.monotonic();
      await withDeadline('sending a heartbeat', silenceMs, clock, signal, (bounded) =>
        channel.send({ kind: 'heartbeat', body: this.#compose(sentAt) }, bounded),
      );
      await this.#untilDue(sentAt + intervalMs, signal);
      check();
    }
  }

  noteReply(reply: HeartbeatReply): void {
    const { attempts, leases, leaseMs } = this.#options;
    const sentAt = this.#sentAt.get(reply.number);
    if (sentAt === undefined) return;
    this.#answeredAfter = Math.max(this.#answeredAfter, sentAt.uptime);
    for (const { ref, ttlMs } of reply.renewed) {
      const attempt = attempts.get(toAttemptRef(ref));
      if (attempt?.working === true)
        leases.grant(attempt.ref, ttlMs === 0 ? leaseMs : ttlMs, sentAt.uptime);
    }
    for (const ref of reply.lost) {
      const attempt = attempts.get(toAttemptRef(ref));
      if (attempt !== undefined)
        attempts.drop(
          attempt,
          new RunnerError('LEASE_LOST', 'the control plane reported the lease as lost'),
        );
    }
  }

  #compose(sentAt: number): Heartbeat {
    const { attempts, capacity, draining, condition, clock } = this.#options;
    this.#number += 1;
    this.#answeredCheck = this.#check;
    this.#sentAt.set(this.#number, { monotonic: sentAt, uptime: clock.uptime() });
    this.#sentAt.delete(this.#number - REMEMBERED_BEATS);
    return {
      number: this.#number,
      leases: attempts
        .all()
        .filter(({ alive }) => alive)
        .map(({ ref }) => ref),
      running: attempts.occupied(),
      capacity,
      draining: draining(),
      spoolBytes: attempts.spoolBytes(),
      condition: condition(),
      identityCheck: this.#answeredCheck,
    };
  }

  /** The oldest heartbeat since the last received frame must not be older than `silenceMs`. */
  #assertNotSilent(): void {
    const unanswered = [...this.#sentAt.values()]
      .map(({ monotonic }) => monotonic)
      .filter((at) => at > this.#receivedAt);
    const oldest = Math.min(...unanswered);
    if (this.#options.clock.monotonic() - oldest >= this.#options.silenceMs)
      throw new RunnerError(
        'NETWORK_TIMEOUT',
        `nothing was received for ${this.#options.silenceMs} ms after a heartbeat`,
      );
  }

  /** Waits until the next heartbeat is due, and checks for silence meanwhile. */
  async #untilDue(until: number, signal: AbortSignal): Promise<void> {
    const { clock, silenceMs } = this.#options;
    for (
      let due = this.#check !== this.#answeredCheck, left = until - clock.monotonic();
      !due && left > 0;
      left = until - clock.monotonic()
    ) {
      const pause = Math.min(left, silenceMs);
      due = await sleepOrWoken(clock, pause, (scope) => this.#due.wait(scope), signal);
      this.#assertNotSilent();
    }
  }
}
