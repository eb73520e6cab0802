import type { Channel } from '../../channel/channel.ts';
import type { Heartbeat, HeartbeatReply } from '../../channel/frames.ts';
import { withDeadline } from '../../runtime/abort.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Attempts } from '../attempts/attempts.ts';
import { ChangeSignal } from '../../runtime/change-signal.ts';
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
  /** How long after a heartbeat nothing may be heard before the channel counts as dead. */
  readonly silenceMs: number;
  /** Least lease that is believed. */
  readonly leaseMs: number;
  readonly capacity: number;
  readonly draining: () => boolean;
  readonly condition: () => string;
  /** Called at each beat; throws to end the session. */
  readonly check: () => void;
}

/** Says that this runner lives, asks for its leases, and notices when the other side has gone silent. */
export class HeartbeatLoop {
  readonly #options: HeartbeatOptions;
  readonly #soon = new ChangeSignal();
  /** When the last beats were sent, by number: silence is monotonic time, a lease is uptime. */
  readonly #sentAt = new Map<number, { readonly monotonic: number; readonly uptime: number }>();
  #answeredAfter: number;
  #number = 0;
  /** The last identity check that was read, and the last one that a beat has answered. */
  #check = 0;
  #answeredCheck = 0;
  #heardAt: number;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#heardAt = options.clock.monotonic();
    this.#answeredAfter = options.helloAt;
  }

  /** Whatever is read now, the control plane has sent it after this uptime: after it got the hello, or the last heartbeat that it answered. */
  get answeredAfter(): number {
    return this.#answeredAfter;
  }

  /** Any frame is a sign of life. */
  heard(): void {
    this.#heardAt = this.#options.clock.monotonic();
  }

  /** Beats now instead of at the next interval: something changed that the control plane should know. */
  beatSoon(): void {
    this.#soon.notify();
  }

  /** Answers at once: the control plane wants to know whether this process lives. */
  identityChecked(number: number): void {
    this.#check = number;
    this.beatSoon();
  }

  /** Throws NETWORK_TIMEOUT when the other side is silent. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, silenceMs, channel, check, intervalMs } = this.#options;
    for (;;) {
      const sentAt = clock.monotonic();
      await withDeadline('sending a heartbeat', silenceMs, clock, signal, (bounded) =>
        channel.send({ kind: 'heartbeat', body: this.#compose(sentAt) }, bounded),
      );
      await this.#rest(sentAt + intervalMs, signal);
      check();
    }
  }

  answered(reply: HeartbeatReply): void {
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
          new RunnerError('LEASE_LOST', 'the control plane gave the run to someone else'),
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

  /** The oldest beat since something was last heard must not be older than the patience. */
  #assertHeard(): void {
    const unanswered = [...this.#sentAt.values()]
      .map(({ monotonic }) => monotonic)
      .filter((at) => at > this.#heardAt);
    const oldest = Math.min(...unanswered);
    if (this.#options.clock.monotonic() - oldest >= this.#options.silenceMs)
      throw new RunnerError(
        'NETWORK_TIMEOUT',
        `nothing was heard for ${this.#options.silenceMs} ms after a heartbeat`,
      );
  }

  /** Until the next beat is due or wanted; looks for silence on the way. */
  async #rest(until: number, signal: AbortSignal): Promise<void> {
    const { clock, silenceMs } = this.#options;
    for (
      let wanted = this.#check !== this.#answeredCheck, left = until - clock.monotonic();
      !wanted && left > 0;
      left = until - clock.monotonic()
    ) {
      wanted = await this.#pause(Math.min(left, silenceMs), signal);
      this.#assertHeard();
    }
  }

  /** Resolves with true when a beat was wanted meanwhile. */
  async #pause(ms: number, signal: AbortSignal): Promise<boolean> {
    const woken = new AbortController();
    const scope = AbortSignal.any([signal, woken.signal]);
    try {
      return await Promise.race([
        this.#options.clock.sleep(ms, scope).then(() => false),
        this.#soon.wait(scope).then(() => true),
      ]);
    } finally {
      woken.abort();
    }
  }
}
