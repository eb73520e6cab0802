import type { Failure, NamedFailure } from './failure.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The OpenMetadata entities that this runner sends, by the name of their create request. */
export const ENTITY_TYPES = [
  'databaseService',
  'database',
  'databaseSchema',
  'table',
  'storedProcedure',
] as const;
export type EntityType = (typeof ENTITY_TYPES)[number];

/** A create request for one OpenMetadata entity. The receiver upserts by `type` and `fqn`. */
export interface EntityRecord {
  readonly kind: 'entity';
  readonly type: EntityType;
  /** Fully qualified name, for example `sandbox.default.salesforce.Account`. */
  readonly fqn: string;
  readonly request: Readonly<Record<string, unknown>>;
  /** Facts without a field in a create request. A catalog may drop them. */
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** A classification (a group of tags). Created when missing, never changed. */
export interface ClassificationRecord {
  readonly kind: 'classification';
  readonly name: string;
  readonly description: string;
}

/**
 * A tag, `Classification.Name`. Sent before the entities with it. Created if missing, never
 * changed.
 */
export interface TagRecord {
  readonly kind: 'tag';
  readonly classification: string;
  readonly name: string;
  readonly description: string;
}

/** A lineage edge between two tables. A later edge between the same two replaces it. */
export interface LineageRecord {
  readonly kind: 'lineage';
  readonly from: string;
  readonly to: string;
  /**
   * entityLineage.json#/definitions/lineageDetails: `columnsLineage`, `source`, `description`, ...
   */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The profile of a table: api/data/createTableProfile.json. */
export interface ProfileRecord {
  readonly kind: 'profile';
  readonly table: string;
  readonly request: Readonly<Record<string, unknown>>;
}

/** A value of a row, as JSON. */
export type Cell = string | number | boolean | null;

/** Sample rows, which replace earlier ones: entity/data/table.json#/definitions/tableData. */
export interface SampleDataRecord {
  readonly kind: 'sampleData';
  readonly table: string;
  /** The values of each row are in the order of the columns. */
  readonly request: {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly Cell[])[];
  };
}

/** An entity that no longer exists in the source. Soft-deleted, and restored when written again. */
export interface DeletionRecord {
  readonly kind: 'deletion';
  readonly type: 'table' | 'databaseSchema' | 'database';
  readonly fqn: string;
}

/** Limits a sweep to entities whose name is one of `names` (if present) and passes the patterns. */
export interface SweepScope {
  /** Unqualified names; case is ignored. */
  readonly names?: readonly string[];
  /**
   * RE2 expressions, matched from the start of the name; case is ignored. If there are includes,
   * one must match; no exclude may match.
   */
  readonly includes?: readonly string[];
  readonly excludes?: readonly string[];
  /** Whether the patterns apply to fully qualified names. */
  readonly qualified?: boolean;
}

/**
 * All entities of one type in a parent. A catalog soft-deletes every other entity of that type
 * there, with its children. Sent only if every listing of the source behind it succeeded; objects
 * whose extraction failed are in `keep`. A list that is too long for one record is split into
 * ranges of names, so that a lost record leaves only its range unswept.
 */
export interface SweepRecord {
  readonly kind: 'sweep';
  readonly type: 'table' | 'storedProcedure' | 'databaseSchema' | 'database';
  /** Fully qualified name of the schema, the database or the service. */
  readonly parent: string;
  /** Fully qualified names; never empty. */
  readonly keep: readonly string[];
  /** The range begins after this name, in UTF-16 order. */
  readonly after?: string;
  /** The range ends with this name. */
  readonly upTo?: string;
  readonly among?: SweepScope;
}

/**
 * This stream contains all lineage between some tables. A catalog deletes every other edge of the
 * same source between two of them. Sent only if everything that lineage is derived from could be
 * read.
 */
export interface LineageSweepRecord {
  readonly kind: 'lineageSweep';
  /** Fully qualified name of the schema that the tables are in. */
  readonly parent: string;
  /** Unqualified names, not quoted. */
  readonly tables: readonly string[];
  /**
   * `lineageDetails.source` of the edges in question. Edges that users or other programs made have
   * a different one.
   */
  readonly source: string;
}

/**
 * Entities that have not changed since the revision `builtOn` of the outcome, and are not sent
 * again.
 */
export interface UnchangedRecord {
  readonly kind: 'unchanged';
  readonly type: EntityType;
  readonly fqns: readonly string[];
}

/** Records for a catalog. Within a run, a record never precedes one that it depends on. */
export type CatalogRecord =
  | EntityRecord
  | ClassificationRecord
  | TagRecord
  | LineageRecord
  | ProfileRecord
  | SampleDataRecord
  | DeletionRecord
  | SweepRecord
  | LineageSweepRecord;

export interface LogRecord {
  readonly kind: 'log';
  /** Unix time in milliseconds. */
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface Step {
  readonly kind: 'step';
  readonly name: string;
  readonly description: string;
  readonly mandatory: boolean;
  readonly message: string;
}

export type PassedStep = Step & { readonly passed: true; readonly error?: undefined };
export type FailedStep = Step & { readonly passed: false; readonly error: Failure };

/** One step of a connection test, as in OpenMetadata's testConnectionResult. */
export type StepRecord = PassedStep | FailedStep;

/** Something that could not be extracted, for example an sObject whose describe call failed. */
export interface FailureRecord {
  readonly kind: 'failure';
  readonly failure: NamedFailure;
}

/**
 * How the attempt ended. `interrupted`: the worker died without writing an outcome, and the link
 * wrote this record for it. `expired`: the attempt exceeded its deadline.
 */
export const OUTCOME_STATUSES = [
  'success',
  'partialSuccess',
  'failed',
  'cancelled',
  'expired',
  'interrupted',
] as const;
export type OutcomeStatus = (typeof OUTCOME_STATUSES)[number];

/** OpenMetadata's stepSummary: entity/services/ingestionPipelines/status.json. */
export interface StepSummary {
  readonly name: string;
  readonly records: number;
  readonly updated_records: number;
  readonly warnings: number;
  readonly errors: number;
  readonly filtered: number;
  /** The first 10. */
  readonly failures: readonly { readonly name: string; readonly error: string }[];
}

/** The last record of every stream, so that "done" cannot arrive before the data. */
export interface OutcomeRecord {
  readonly kind: 'outcome';
  readonly status: OutcomeStatus;
  /** Counts by name: `objects`, `fields`, `entities`, `failures`, `filtered`, `apiCalls`, ... */
  readonly counts: Readonly<Record<string, number>>;
  readonly steps: readonly StepSummary[];
  /** The first 100; `counts.failures` is the full number. */
  readonly failures: readonly NamedFailure[];
  /** Why the attempt did not succeed, if there is one reason. */
  readonly error?: Failure;
  /** Unix time in milliseconds, as is `endedAt`. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Records before this one in the stream. */
  readonly records: number;
  /**
   * SHA-256 in hex over the lines before this one, each with its newline; empty when `interrupted`.
   */
  readonly digest: string;
  /** The catalog revision that the run is based on. Absent for a full run. */
  readonly builtOn?: string;
}

/**
 * What a worker writes: one line of JSON each in the spool, in `results.jsonl` and on the channel.
 */
export type RunRecord =
  | UnchangedRecord
  | CatalogRecord
  | LogRecord
  | StepRecord
  | FailureRecord
  | OutcomeRecord;
