import type { AttemptRef } from '../link/frames.ts';

export type OfferAnswer = 'accepted' | 'rejected' | 'withdrawn';

/** A part of an attempt that is over. Times are Unix times in milliseconds, as all times here. */
export interface TracedPart {
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface StoredPart extends TracedPart {
  readonly records: number;
  /** As the runner sent them. */
  readonly bytes: number;
  readonly result: 'acknowledged' | 'rejected';
}

/** Records what this control plane does for a run, in the trace of the run. Never throws. */
export interface RunTracer {
  /** The offer was sent; the run had waited for it since `waitedSince`. */
  offered(attempt: AttemptRef, runner: string, waitedSince: number): void;
  answered(attempt: AttemptRef, answer: OfferAnswer): void;
  /** Batches and their effects on the catalog were stored and answered. */
  stored(attempt: AttemptRef, part: StoredPart): void;
  /** The results of the run were brought to its OpenMetadata server, or abandoned. */
  relayed(attempt: AttemptRef, part: TracedPart, result: 'done' | 'failed'): void;
}

/** Records nothing. */
export const noTracer: RunTracer = {
  offered: () => undefined,
  answered: () => undefined,
  stored: () => undefined,
  relayed: () => undefined,
};
