import type { Failure } from '../../../foundation/src/domain/failure.ts';
import { attemptKey, type AttemptRef, type Sequence } from '../../../foundation/src/domain/ids.ts';
import type { Job } from '../../../foundation/src/domain/job.ts';
import { ChangeSignal } from '../../../foundation/src/runtime/change-signal.ts';
import type { Outbox, OutboxBatch, OutboxStore } from '../../../src/link/outbox/outbox.ts';

/** An outbox in memory. A test that restarts a link passes on the store. */
export class MemoryOutbox implements Outbox {
  readonly ref: AttemptRef;
  readonly lines: string[] = [];
  complete = false;
  discarded = false;
  readonly #changed = new ChangeSignal();
  readonly #store: MemoryOutboxStore;
  #acknowledged = 0;

  constructor(ref: AttemptRef, store: MemoryOutboxStore) {
    this.ref = ref;
    this.#store = store;
  }

  append(record: object, last = false): void {
    this.lines.push(`${JSON.stringify(record)}\n`);
    this.complete ||= last;
    this.#changed.notify();
  }

  durable(): { sequence: Sequence; complete: boolean } {
    return { sequence: this.lines.length, complete: this.complete };
  }

  acknowledged(): Sequence {
    return this.#acknowledged;
  }

  undeliveredSince(): number | undefined {
    return this.#acknowledged < this.lines.length ? 0 : undefined;
  }

  async read(from: Sequence, maxBytes: number): Promise<OutboxBatch | undefined> {
    if (from <= this.#acknowledged) throw new Error(`record ${from} is already deleted`);
    const taken: Uint8Array[] = [];
    let bytes = 0;
    for (const line of this.lines.slice(from - 1)) {
      if (taken.length > 0 && bytes + line.length > maxBytes) break;
      taken.push(Buffer.from(line));
      bytes += line.length;
    }
    if (taken.length === 0) return undefined;
    return {
      firstSequence: from,
      lines: taken,
      last: this.complete && from + taken.length - 1 === this.lines.length,
    };
  }

  async acknowledge(upTo: Sequence): Promise<void> {
    this.#acknowledged = Math.max(this.#acknowledged, upTo);
  }

  changed(signal: AbortSignal): Promise<void> {
    return this.#changed.wait(signal);
  }

  async discard(): Promise<void> {
    if (this.#store.discardFailure !== undefined) throw this.#store.discardFailure;
    this.discarded = true;
    this.#store.outboxes.delete(attemptKey(this.ref));
  }
}

export class MemoryOutboxStore implements OutboxStore {
  readonly outboxes = new Map<string, MemoryOutbox>();
  /** All outboxes, discarded ones included. */
  readonly all: MemoryOutbox[] = [];
  /** Thrown by `create`. */
  failure: Error | undefined;
  /** `create` waits for it. */
  free: PromiseWithResolvers<void> | undefined;
  /** Thrown by `closeInterrupted`. */
  closeFailure: Error | undefined;
  /** Thrown by `discard` of every outbox. */
  discardFailure: Error | undefined;

  held(): readonly MemoryOutbox[] {
    return [...this.outboxes.values()];
  }

  async create(job: Job): Promise<MemoryOutbox> {
    if (this.failure !== undefined) throw this.failure;
    await this.free?.promise;
    return this.add(job.ref);
  }

  add(ref: AttemptRef): MemoryOutbox {
    const outbox = new MemoryOutbox(ref, this);
    this.outboxes.set(attemptKey(ref), outbox);
    this.all.push(outbox);
    return outbox;
  }

  async closeInterrupted(ref: AttemptRef, error: Failure): Promise<void> {
    if (this.closeFailure !== undefined) throw this.closeFailure;
    this.outboxes
      .get(attemptKey(ref))
      ?.append({ kind: 'outcome', status: 'interrupted', error }, true);
  }

  get bytes(): number {
    return this.held().reduce(
      (sum, outbox) => sum + outbox.lines.slice(outbox.acknowledged()).join('').length,
      0,
    );
  }
}
