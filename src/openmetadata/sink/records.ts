import type { EntityRecord, OutcomeRecord, OutcomeStatus, StepSummary } from '../../domain/record.ts';
import type { Failure, NamedFailure } from '../../domain/failure.ts';

type Json = Readonly<Record<string, unknown>>;

/** A classification (tag group) that tags hang under. Made when missing, never changed. */
export interface ClassificationRecord {
  readonly kind: 'classification';
  readonly name: string;
  readonly description: string;
}

/** A tag, `Classification.Name`. Comes after its classification and before the tables that carry it. Made when missing, never changed. */
export interface TagRecord {
  readonly kind: 'tag';
  readonly classification: string;
  readonly name: string;
  readonly description: string;
}

/** A lineage edge between two tables, by their fully qualified names. The server keeps one a pair: a later one replaces it. */
export interface LineageRecord {
  readonly kind: 'lineage';
  readonly from: string;
  readonly to: string;
  /** entityLineage.json#/definitions/lineageDetails: `columnsLineage`, `source`, `description`, ... */
  readonly details?: Json;
}

/** Figures of a table: api/data/createTableProfile.json. */
export interface ProfileRecord {
  readonly kind: 'profile';
  readonly table: string;
  readonly request: Json;
}

/** Something that is known to be gone. It is soft-deleted, and comes back when it is written again. */
export interface DeletionRecord {
  readonly kind: 'deletion';
  readonly type: 'table' | 'databaseSchema' | 'database';
  readonly fqn: string;
}

/**
 * Everything that exists in a schema: tables the server has beside them are soft-deleted. Only to be sent after every
 * listing of the source has succeeded, with the names of objects whose extraction failed among `keep`.
 */
export interface SweepRecord {
  readonly kind: 'sweep';
  readonly databaseSchema: string;
  readonly keep: readonly string[];
}

/** What a metadata sink takes. Within a run: classifications and tags, then services down to tables, then the rest. */
export type SinkRecord =
  | EntityRecord | ClassificationRecord | TagRecord | LineageRecord | ProfileRecord | DeletionRecord | SweepRecord;

/** How the run that fed the sink ended. */
export type SinkOutcome = Pick<OutcomeRecord, 'status' | 'steps' | 'startedAt' | 'endedAt'>;

export interface SinkReport {
  /** The run's status with what happened in the sink taken into account. */
  readonly status: OutcomeStatus;
  /** `written`, `unchanged`, `tags`, `lineage`, `profiles`, `deleted`, `constrained`, `failed`, `droppedConstraints`; absent when 0. */
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
  /** Waits until all has arrived, then tells the catalogue how the run ended. Called once, also after `write` has thrown. */
  finish(outcome: SinkOutcome, signal: AbortSignal): Promise<SinkReport>;
  /** Ends what is under way and closes the connections. */
  close(): Promise<void>;
}
