import type { Failure } from '../../domain/failure.ts';
import type { AttemptRef, Sequence } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';

export interface OutboxBatch {
  readonly firstSequence: Sequence;
  /** Consecutive records, each a line of JSON with its newline. */
  readonly lines: readonly Uint8Array[];
  /** The last line is the outcome. */
  readonly last: boolean;
}

/** What one attempt has written and the control plane has not acknowledged. One an attempt. */
export interface Outbox {
  readonly ref: AttemptRef;
  /** Fsynced so far; `complete` means that the outcome record is. */
  durable(): { readonly sequence: Sequence; readonly complete: boolean };
  acknowledged(): Sequence;
  /** Durable records from `from` on: at least one, at most `maxBytes` of lines unless a single one is larger; undefined when there is none. */
  read(from: Sequence, maxBytes: number): Promise<OutboxBatch | undefined>;
  /** May delete what lies at or below `upTo`. Going back is ignored. */
  acknowledge(upTo: Sequence): Promise<void>;
  /** Resolves when `durable` has moved since the call; rejects with the signal's reason. */
  changed(signal: AbortSignal): Promise<void>;
  /** Deletes everything of the attempt. */
  discard(): Promise<void>;
}

/** Every attempt that this runner still holds, across restarts. */
export interface OutboxStore {
  /** Recovered at open, plus created since, minus discarded. */
  held(): readonly Outbox[];
  /** Journalled (fsynced) when it resolves: called before the offer is accepted. Rejects with DISK_FULL or SPOOL_FULL. */
  create(job: Job): Promise<Outbox>;
  /** Writes the outcome of an attempt whose worker ended without one. */
  closeInterrupted(ref: AttemptRef, error: Failure): Promise<void>;
  /** On disk and unacknowledged. */
  bytes(): number;
}
