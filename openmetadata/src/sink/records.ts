import type {
  CatalogRecord,
  OutcomeRecord,
  OutcomeStatus,
  StepSummary,
} from '../../../foundation/src/domain/record.ts';
import type { Failure, NamedFailure } from '../../../foundation/src/domain/failure.ts';

export type {
  ClassificationRecord,
  DeletionRecord,
  ProfileRecord,
  SweepRecord,
  TagRecord,
} from '../../../foundation/src/domain/record.ts';

/**
 * A record that a sink writes. Within a run, a record follows those it depends on; fewer changes of
 * kind mean fewer requests.
 */
export type SinkRecord = CatalogRecord;

/** The end of the run that fed the sink. */
export type SinkOutcome = Pick<OutcomeRecord, 'status' | 'steps' | 'startedAt' | 'endedAt'>;

export interface SinkReport {
  /** The run's status, failures of the sink included. */
  readonly status: OutcomeStatus;
  /**
   * `written`, `unchanged`, `tags`, `storedProcedures`, `lineage`, `lineageDeleted`, `profiles`,
   * `samples`, `deleted`, `constrained`, `failed`, `droppedConstraints`; absent when 0.
   */
  readonly counts: Readonly<Record<string, number>>;
  /** At most the first 100. */
  readonly failures: readonly NamedFailure[];
  /** The error that ended the writing early. */
  readonly error?: Failure;
  readonly step: StepSummary;
}

/** Writes the entities of one run to a catalog. */
export interface MetadataSink {
  /**
   * Resolves when the sink is ready for the next record, which may be before this one has arrived.
   * Counts a record that the catalog rejects; throws a RunnerError when no further record can
   * succeed.
   */
  write(record: SinkRecord, signal: AbortSignal): Promise<void>;
  /**
   * Waits until all records have arrived, then reports the end of the run to the catalog. Called
   * once, also after `write` has thrown. When the signal fires, the remaining records are not
   * written, but the end is reported.
   */
  finish(outcome: SinkOutcome, signal: AbortSignal): Promise<SinkReport>;
  /** Aborts the requests under way and closes the connections. */
  close(): Promise<void>;
}
