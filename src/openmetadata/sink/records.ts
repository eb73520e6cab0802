import type {
  CatalogueRecord,
  OutcomeRecord,
  OutcomeStatus,
  StepSummary,
} from '../../domain/record.ts';
import type { Failure, NamedFailure } from '../../domain/failure.ts';

export type {
  ClassificationRecord,
  DeletionRecord,
  LineageRecord,
  LineageSweepRecord,
  ProfileRecord,
  SweepRecord,
  TagRecord,
} from '../../domain/record.ts';

/** What a metadata sink takes. Within a run no record comes before one that it needs; the fewer changes of kind, the fewer requests. */
export type SinkRecord = CatalogueRecord;

/** How the run that fed the sink ended. */
export type SinkOutcome = Pick<OutcomeRecord, 'status' | 'steps' | 'startedAt' | 'endedAt'>;

export interface SinkReport {
  /** The run's status with what happened in the sink taken into account. */
  readonly status: OutcomeStatus;
  /** `written`, `unchanged`, `tags`, `storedProcedures`, `lineage`, `lineageDeleted`, `profiles`, `samples`, `deleted`, `constrained`, `failed`, `droppedConstraints`; absent when 0. */
  readonly counts: Readonly<Record<string, number>>;
  /** The first 100. */
  readonly failures: readonly NamedFailure[];
  /** What ended the writing before its time. */
  readonly error?: Failure;
  readonly step: StepSummary;
}

/** Takes the entities of one run to a catalogue. */
export interface MetadataSink {
  /**
   * Resolves when the sink is ready for the next record, which may be before this one has arrived. A record that the
   * catalogue refuses is counted; throws a RunnerError when nothing more can succeed.
   */
  write(record: SinkRecord, signal: AbortSignal): Promise<void>;
  /** Waits until all has arrived, then tells the catalogue how the run ended. Called once, also after `write` has thrown. A signal that fires leaves the rest undelivered, not untold. */
  finish(outcome: SinkOutcome, signal: AbortSignal): Promise<SinkReport>;
  /** Ends what is under way and closes the connections. */
  close(): Promise<void>;
}
