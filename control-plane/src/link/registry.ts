import type { AttemptRef, Offer, ToRunner } from './frames.ts';

/** A runner as its present connection shows it. */
export interface Presence {
  readonly channel: 'ws' | 'grpc';
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
export interface Stranger {
  readonly bootId: string;
  readonly platform: string;
  readonly version: string;
}

/** The last time that a second process was turned away. */
export interface Conflict extends Stranger {
  /** Unix time. */
  readonly at: number;
  /** On the monotonic clock. */
  readonly until: number;
}

/** A runner that has proved who it is. Until it has been welcomed its presence shows no capacity. */
export interface ConnectedRunner {
  readonly runnerId: string;
  /** Of the process at the other end. */
  readonly bootId: string;
  presence(): Presence;
  /** Tells the process of another one with its identity, and resolves with whether it gives a sign of life. */
  answers(stranger: Stranger): Promise<boolean>;
  send(frame: ToRunner): void;
  /** Sends the refusal as the last frame and closes. */
  refuse(code: 'RUNNER_REVOKED', message: string): void;
  close(reason: string): void;
}

/** Which runners are connected. At most one connection each; which one that is, is settled in identity.ts. */
export class Registry {
  readonly #connected = new Map<string, ConnectedRunner>();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #conflicts = new Map<string, Conflict>();

  /** Does the work of one connection of a runner at a time. */
  async inTurn<T>(runnerId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(runnerId);
    const turn = (before ?? Promise.resolve()).then(work, work);
    const settled = turn
      .catch(() => undefined)
      .finally(() => {
        if (this.#turns.get(runnerId) === settled) this.#turns.delete(runnerId);
      });
    this.#turns.set(runnerId, settled);
    return await turn;
  }

  add(runner: ConnectedRunner): void {
    const older = this.#connected.get(runner.runnerId);
    this.#connected.set(runner.runnerId, runner);
    older?.close('a newer connection of the same runner has taken over');
  }

  noteConflict(runnerId: string, conflict: Conflict): void {
    this.#conflicts.set(runnerId, conflict);
  }

  /** A second process that has tried to connect lately. */
  conflict(runnerId: string, now: number): Conflict | undefined {
    const conflict = this.#conflicts.get(runnerId);
    return conflict !== undefined && conflict.until > now ? conflict : undefined;
  }

  /** A connection that has been superseded is gone already. */
  remove(runner: ConnectedRunner): void {
    for (const [id, present] of this.#connected) if (present === runner) this.#connected.delete(id);
  }

  get(runnerId: string): ConnectedRunner | undefined {
    return this.#connected.get(runnerId);
  }

  all(): ConnectedRunner[] {
    return [...this.#connected.values()];
  }

  offer(runnerId: string, offer: Offer): void {
    this.#connected.get(runnerId)?.send({ kind: 'offer', body: offer });
  }

  cancel(runnerId: string, ref: AttemptRef, reason: string): void {
    this.#connected.get(runnerId)?.send({ kind: 'cancel', body: { ref, reason } });
  }
}
