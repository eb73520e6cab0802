import { attemptKey, type AttemptRef } from '../../domain/ids.ts';
import type { Progress } from '../../domain/progress.ts';
import type { ErrorCode } from '../../runtime/error-codes.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { StopStatus } from '../../runtime/worker-messages.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { WorkerHandle } from '../workers/worker-handle.ts';

export interface StopRequest {
  readonly reason: RunnerError;
  readonly status: StopStatus;
}

export type AttemptState =
  /** Journalled; its worker is being started. */
  | { readonly name: 'starting' }
  | { readonly name: 'running'; readonly worker: WorkerHandle }
  /** Its worker is gone; what it wrote is being delivered. */
  | { readonly name: 'ended' }
  /** Wholly delivered, or not wanted any more. */
  | { readonly name: 'gone' };

/** One attempt from its offer until nothing of it is left here. */
export class Attempt {
  readonly ref: AttemptRef;
  readonly key: string;
  readonly outbox: Outbox;
  readonly #gone = new AbortController();
  #state: AttemptState;
  #occupied: boolean;
  #stop: StopRequest | undefined;
  #leaseEndsAt: number | undefined;
  #condition: ErrorCode | undefined;
  #progress: { readonly value: Progress; readonly sent: boolean } | undefined;

  constructor(outbox: Outbox, state: AttemptState) {
    this.ref = outbox.ref;
    this.key = attemptKey(outbox.ref);
    this.outbox = outbox;
    this.#state = state;
    this.#occupied = this.working;
  }

  get state(): AttemptState {
    return this.#state;
  }

  /** Fires when the attempt is gone: what is still to be delivered of it is not wanted. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Whether a worker is at it, so that its lease matters. */
  get working(): boolean {
    return this.#state.name === 'starting' || this.#state.name === 'running';
  }

  /** Whether it takes one of the runner's places: from its start until its worker process is gone, also when the attempt is not wanted any more. */
  get occupied(): boolean {
    return this.#occupied;
  }

  /** Its worker process is gone, or there never was one. */
  vacate(): void {
    this.#occupied = false;
  }

  /** Whether the control plane should go on waiting for it. */
  get alive(): boolean {
    return this.working || (this.#state.name === 'ended' && this.outbox.durable().complete);
  }

  get stopRequest(): StopRequest | undefined {
    return this.#stop;
  }

  get progress(): Progress | undefined {
    return this.#progress?.value;
  }

  /** What keeps it from going on. */
  get condition(): ErrorCode | undefined {
    return this.working ? this.#condition : undefined;
  }

  become(state: AttemptState): void {
    if (this.#state.name === 'gone') return;
    this.#state = state;
    if (state.name === 'running' && this.#leaseEndsAt !== undefined)
      state.worker.leaseUntil(this.#leaseEndsAt);
    if (state.name === 'running' && this.#stop !== undefined)
      state.worker.cancel(this.#stop.reason.toFailure(), this.#stop.status);
    if (state.name === 'gone') this.#gone.abort(new RunnerError('ABORTED', 'the attempt is gone'));
  }

  /** Tells its worker, now or as soon as it runs, until when it may work, on the clock's uptime. */
  leaseUntil(endsAt: number): void {
    this.#leaseEndsAt = endsAt;
    if (this.#state.name === 'running') this.#state.worker.leaseUntil(endsAt);
  }

  /** End of its lease, on the clock's uptime. */
  get leaseEndsAt(): number | undefined {
    return this.#leaseEndsAt;
  }

  /** Asks its worker to end, now or as soon as it runs. The first request wins. */
  requestStop(stop: StopRequest): void {
    if (!this.working || this.#stop !== undefined) return;
    this.#stop = stop;
    if (this.#state.name === 'running')
      this.#state.worker.cancel(stop.reason.toFailure(), stop.status);
  }

  noteCondition(code: ErrorCode | undefined): void {
    this.#condition = code;
  }

  noteProgress(value: Progress): void {
    this.#progress = { value, sent: false };
  }

  /** Progress that has not been sent yet; from now on it counts as sent. */
  takeProgress(): Progress | undefined {
    if (this.#progress === undefined || this.#progress.sent) return undefined;
    this.#progress = { value: this.#progress.value, sent: true };
    return this.#progress.value;
  }
}
