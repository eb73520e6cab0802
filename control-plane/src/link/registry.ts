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

/** A runner that has proved who it is. Until it has been welcomed its presence shows no capacity. */
export interface ConnectedRunner {
  readonly runnerId: string;
  presence(): Presence;
  send(frame: ToRunner): void;
  /** Sends the refusal as the last frame and closes. */
  refuse(code: 'SUPERSEDED' | 'RUNNER_REVOKED', message: string): void;
  close(reason: string): void;
}

/** Which runners are connected. At most one connection each: a newer one puts out the older. */
export class Registry {
  readonly #connected = new Map<string, ConnectedRunner>();

  add(runner: ConnectedRunner): void {
    const older = this.#connected.get(runner.runnerId);
    this.#connected.set(runner.runnerId, runner);
    older?.refuse('SUPERSEDED', 'another connection with this identity has taken over');
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
