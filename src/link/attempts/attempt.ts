import { attemptKey, type AttemptRef } from '../../../foundation/src/domain/ids.ts';
import type { AttemptTrace } from '../../../foundation/src/logging/tracer.ts';
import type { Progress } from '../../../foundation/src/domain/progress.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import type { Figures } from '../../../foundation/src/runtime/worker-figures.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { StopStatus } from '../../../foundation/src/runtime/worker-messages.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { WorkerHandle } from '../workers/worker-handle.ts';

export interface StopRequest {
  readonly reason: RunnerError;
  readonly status: StopStatus;
}

export type AttemptState =
  /** Journaled; its worker is being started. */
  | { readonly name: 'starting' }
  | { readonly name: 'running'; readonly worker: WorkerHandle }
  /** Its worker has ended; its records are being delivered. */
  | { readonly name: 'ended' }
  /** Delivered or dropped; its files are being deleted. */
  | { readonly name: 'gone' };

/** One attempt, from its offer until its files are deleted. */
export class Attempt {
  readonly ref: AttemptRef;
  readonly key: string;
  readonly outbox: Outbox;
  /** Absent for an attempt of an earlier process. */
  trace: AttemptTrace | undefined;
  readonly #gone = new AbortController();
  #state: AttemptState;
  #occupied: boolean;
  #stop: StopRequest | undefined;
  #leaseEndsAt: number | undefined;
  #condition: ErrorCode | undefined;
  #figures: Figures | undefined;
  #dropReason: RunnerError | undefined;
  #progress: { readonly value: Progress; readonly taken: boolean } | undefined;

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

  /** Fires when the attempt is gone: records not yet delivered are no longer wanted. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Whether a worker runs or is being started. Only then the lease counts. */
  get working(): boolean {
    return this.#state.name === 'starting' || this.#state.name === 'running';
  }

  /**
   * Whether it counts towards the capacity: from its start until its worker process has ended, also
   * after it is dropped.
   */
  get occupied(): boolean {
    return this.#occupied;
  }

  /** Call when its worker process has ended or could not be started. */
  vacate(): void {
    this.#occupied = false;
  }

  /** Whether the control plane may still expect records of it. */
  get alive(): boolean {
    return this.working || (this.#state.name === 'ended' && this.outbox.durable().complete);
  }

  get stopRequest(): StopRequest | undefined {
    return this.#stop;
  }

  get progress(): Progress | undefined {
    return this.#progress?.value;
  }

  /** What its worker waits for, DISK_FULL for example. */
  get condition(): ErrorCode | undefined {
    return this.working ? this.#condition : undefined;
  }

  /** What its worker last reported about itself. */
  get figures(): Figures | undefined {
    return this.#figures;
  }

  become(state: AttemptState): void {
    if (this.#state.name === 'gone') return;
    this.#state = state;
    if (state.name === 'running' && this.#leaseEndsAt !== undefined)
      state.worker.leaseUntil(this.#leaseEndsAt);
    if (state.name === 'running' && this.#stop !== undefined)
      state.worker.cancel(this.#stop.reason.toFailure(), this.#stop.status);
    if (state.name === 'gone')
      this.#gone.abort(new RunnerError('ABORTED', 'the attempt was delivered or dropped'));
  }

  /** Passes the end of its lease, on the clock's uptime, to its worker, now or once that runs. */
  leaseUntil(endsAt: number): void {
    this.#leaseEndsAt = endsAt;
    if (this.#state.name === 'running') this.#state.worker.leaseUntil(endsAt);
  }

  /** End of its lease, on the clock's uptime. */
  get leaseEndsAt(): number | undefined {
    return this.#leaseEndsAt;
  }

  /** Asks its worker to end, now or once it runs. The first request wins. */
  requestStop(stop: StopRequest): void {
    if (!this.working || this.#stop !== undefined) return;
    this.#stop = stop;
    if (this.#state.name === 'running')
      this.#state.worker.cancel(stop.reason.toFailure(), stop.status);
  }

  /** Why its records are no longer wanted; undefined unless it was dropped. */
  get dropReason(): RunnerError | undefined {
    return this.#dropReason;
  }

  noteDrop(reason: RunnerError): void {
    this.#dropReason = reason;
  }

  noteCondition(code: ErrorCode | undefined): void {
    this.#condition = code;
  }

  noteFigures(figures: Figures): void {
    this.#figures = figures;
  }

  noteProgress(value: Progress): void {
    this.#progress = { value, taken: false };
  }

  /** Returns progress that was not taken before. */
  takeProgress(): Progress | undefined {
    if (this.#progress === undefined || this.#progress.taken) return undefined;
    this.#progress = { value: this.#progress.value, taken: true };
    return this.#progress.value;
  }
}
