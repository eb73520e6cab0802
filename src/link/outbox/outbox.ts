import type { Failure } from '../../../foundation/src/domain/failure.ts';
import type { AttemptRef, Sequence } from '../../../foundation/src/domain/ids.ts';
import type { Job } from '../../../foundation/src/domain/job.ts';

export interface OutboxBatch {
  readonly firstSequence: Sequence;
  /** Consecutive records, each a line of JSON with its newline. */
  readonly lines: readonly Uint8Array[];
  /** The last line is the outcome. */
  readonly last: boolean;
}

/** The records of one attempt that the control plane has not acknowledged. */
export interface Outbox {
  readonly ref: AttemptRef;
  /** The last fsynced record; `complete` when that is the outcome. */
  durable(): { readonly sequence: Sequence; readonly complete: boolean };
  acknowledged(): Sequence;
  /**
   * Unix time at which the oldest record that is not acknowledged became durable, or earlier.
   * Undefined when there is none.
   */
  undeliveredSince(): number | undefined;
  /**
   * Durable records from `from` on: at least one, and at most `maxBytes` of lines unless the first
   * alone is larger. Undefined when none is durable.
   */
  read(from: Sequence, maxBytes: number): Promise<OutboxBatch | undefined>;
  /**
   * The control plane has stored records up to `upTo`, which may be deleted. A lower position than
   * before is ignored.
   */
  acknowledge(upTo: Sequence): Promise<void>;
  /** Resolves at the next change of `durable`; rejects with the signal's reason. */
  changed(signal: AbortSignal): Promise<void>;
  /** Deletes everything of the attempt. */
  discard(): Promise<void>;
}

/** The outboxes of all attempts that this runner holds, across restarts. */
export interface OutboxStore {
  held(): readonly Outbox[];
  /**
   * The attempt is journaled (fsynced) when this resolves. Call before the offer is accepted.
   * Rejects with DISK_FULL or SPOOL_FULL.
   */
  create(job: Job): Promise<Outbox>;
  /** Writes the outcome of an attempt whose worker ended without one. */
  closeInterrupted(ref: AttemptRef, error: Failure): Promise<void>;
  /** Unacknowledged bytes on disk. */
  readonly bytes: number;
}
