import { LastSeen } from '../runners/last-seen.ts';
import { KeyedSerialQueue } from '../runtime/keyed-serial-queue.ts';
import type { AttemptRef, Offer, ToRunner } from './frames.ts';
import type { ChannelKind } from './wire.ts';

/** The last reported state of a connected runner. */
export interface Presence {
  readonly channel: ChannelKind;
  readonly version: string;
  readonly platform: string;
  readonly capacity: number;
  readonly running: number;
  readonly draining: boolean;
  /** Empty when healthy. */
  readonly condition: string;
  readonly spoolBytes: number;
  readonly jobKinds: readonly string[];
}

/** Another process that uses the identity of a runner. */
export interface OtherProcess {
  readonly bootId: string;
  readonly platform: string;
  readonly version: string;
}

/** The last time that a second process was rejected. */
export interface Conflict extends OtherProcess {
  /** Unix time. */
  readonly at: number;
  /** On the monotonic clock. */
  readonly until: number;
}

/** An authenticated runner. Its presence has no capacity until it has been welcomed. */
export interface ConnectedRunner {
  readonly runnerId: string;
  /** Of the connected process. */
  readonly bootId: string;
  presence(): Presence;
  /**
   * Sends an identity check because of another process, and resolves with whether this one is
   * alive.
   */
  isAlive(other: OtherProcess): Promise<boolean>;
  send(frame: ToRunner): void;
  /** Sends the refusal as the last frame and closes. */
  reject(code: 'RUNNER_REVOKED', message: string): void;
  close(reason: string): void;
}

/** The connected runners, with at most one connection each; identity.ts decides between two. */
export class Registry {
  readonly lastSeen = new LastSeen();
  readonly #connected = new Map<string, ConnectedRunner>();
  #list: readonly ConnectedRunner[] | undefined;
  readonly #handshakes = new KeyedSerialQueue();
  readonly #conflicts = new Map<string, Conflict>();

  /** Serializes the handshakes of one runner. */
  runExclusively<T>(runnerId: string, work: () => Promise<T>): Promise<T> {
    return this.#handshakes.run(runnerId, work);
  }

  add(runner: ConnectedRunner): void {
    const older = this.#connected.get(runner.runnerId);
    this.#connected.set(runner.runnerId, runner);
    this.reportChanged();
    older?.close('replaced by a newer connection of the same runner');
  }

  noteConflict(runnerId: string, conflict: Conflict): void {
    this.#conflicts.set(runnerId, conflict);
  }

  /** A second process that has tried to connect recently. */
  conflict(runnerId: string, now: number): Conflict | undefined {
    const conflict = this.#conflicts.get(runnerId);
    return conflict !== undefined && conflict.until > now ? conflict : undefined;
  }

  /** False for a connection that has been replaced: it stays so. */
  remove(runner: ConnectedRunner): boolean {
    const { runnerId } = runner;
    if (this.#connected.get(runnerId) !== runner) return false;
    this.reportChanged();
    return this.#connected.delete(runnerId);
  }

  get(runnerId: string): ConnectedRunner | undefined {
    return this.#connected.get(runnerId);
  }

  /** The same list until a runner connects, leaves, or reports other abilities. */
  all(): readonly ConnectedRunner[] {
    return (this.#list ??= [...this.#connected.values()]);
  }

  /** A connected runner has reported another capacity, condition or drain, or other job kinds. */
  reportChanged(): void {
    this.#list = undefined;
  }

  offer(runnerId: string, offer: Offer): void {
    this.#connected.get(runnerId)?.send({ kind: 'offer', body: offer });
  }

  cancel(runnerId: string, ref: AttemptRef, reason: string): void {
    this.#connected.get(runnerId)?.send({ kind: 'cancel', body: { ref, reason } });
  }
}
