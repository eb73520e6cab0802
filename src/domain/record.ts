import type { Failure, NamedFailure } from './failure.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The OpenMetadata entities this runner sends, by the name of their create request. */
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
  /** Facts of the source that a create request has no place for. A catalogue that knows no such thing may drop them. */
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** A classification (tag group) that tags hang under. Made when missing, never changed. */
export interface ClassificationRecord {
  readonly kind: 'classification';
  readonly name: string;
  readonly description: string;
}

/** A tag, `Classification.Name`. Comes after its classification and before the entities that carry it. Made when missing, never changed. */
export interface TagRecord {
  readonly kind: 'tag';
  readonly classification: string;
  readonly name: string;
  readonly description: string;
}

/** A lineage edge between two tables, by their fully qualified names. There is one a pair: a later one replaces it. */
export interface LineageRecord {
  readonly kind: 'lineage';
  readonly from: string;
  readonly to: string;
  /** entityLineage.json#/definitions/lineageDetails: `columnsLineage`, `source`, `description`, ... */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Figures of a table: api/data/createTableProfile.json. */
export interface ProfileRecord {
  readonly kind: 'profile';
  readonly table: string;
  readonly request: Readonly<Record<string, unknown>>;
}

/** A value of a row, as JSON has it. */
export type Cell = string | number | boolean | null;

/** Some rows of a table, in place of those that were told of it before: entity/data/table.json#/definitions/tableData. */
export interface SampleDataRecord {
  readonly kind: 'sampleData';
  readonly table: string;
  /** The values of a row are in the order of the columns. */
  readonly request: {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly Cell[])[];
  };
}

/** Something that is known to be gone. It is soft-deleted, and comes back when it is written again. */
export interface DeletionRecord {
  readonly kind: 'deletion';
  readonly type: 'table' | 'databaseSchema' | 'database';
  readonly fqn: string;
}

/** The entities that a sweep may touch at all: those whose name is among `names`, where it says some, and passes the patterns. */
export interface SweepScope {
  /** Names without what they stand in, in any case. */
  readonly names?: readonly string[];
  /** RE2 expressions, each matched from the start of the name, in any case: some include has to match where there is one, and no exclude. */
  readonly includes?: readonly string[];
  readonly excludes?: readonly string[];
  /** Whether the patterns are held against fully qualified names. */
  readonly qualified?: boolean;
}

/**
 * Everything of one type that exists in a parent: what the catalogue has there beside it is soft-deleted, with all that is in
 * it. Only sent after every listing of the source that it rests on has succeeded, with the names of objects whose
 * extraction failed among `keep`. What is too long for one record comes in several, each about a range of names: one that is
 * lost leaves its range as it is.
 */
export interface SweepRecord {
  readonly kind: 'sweep';
  readonly type: 'table' | 'storedProcedure' | 'databaseSchema' | 'database';
  /** Fully qualified name of the schema, the database or the service. */
  readonly parent: string;
  /** Fully qualified names; never none. */
  readonly keep: readonly string[];
  /** Nothing is said of this name and those before it, by their UTF-16 units. */
  readonly after?: string;
  /** Nothing is said of names after this one. */
  readonly upTo?: string;
  readonly among?: SweepScope;
}

/**
 * All lineage of some tables has been told in this stream: another edge of the same source, from one of these tables to one of
 * them, is gone. Only sent when everything that lineage is made of could be read.
 */
export interface LineageSweepRecord {
  readonly kind: 'lineageSweep';
  /** Fully qualified name of the schema that the tables are in. */
  readonly parent: string;
  /** Names without what they stand in, not quoted. */
  readonly tables: readonly string[];
  /** `lineageDetails.source` of the edges that it is about: those of people and of other programs have another. */
  readonly source: string;
}

/** Entities that are as the catalog has them in the revision that the outcome names as `builtOn`: they are there still, and are not told again. */
export interface UnchangedRecord {
  readonly kind: 'unchanged';
  readonly type: EntityType;
  readonly fqns: readonly string[];
}

/** What a catalogue is told. Within a run a record never comes before one that it needs. */
export type CatalogueRecord =
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

/** One step of a connection test, as OpenMetadata's testConnectionResult has it. */
export interface StepRecord {
  readonly kind: 'step';
  readonly name: string;
  readonly description: string;
  readonly passed: boolean;
  readonly mandatory: boolean;
  readonly message: string;
  readonly error?: Failure;
}

/** Something that was to be extracted and could not be: an sObject whose describe failed, for example. */
export interface FailureRecord {
  readonly kind: 'failure';
  readonly failure: NamedFailure;
}

/**
 * How the attempt ended. `interrupted` means that the worker died without a word (the link writes the record
 * for it); `expired` means that its deadline passed.
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
  /** At most the first 10. */
  readonly failures: readonly { readonly name: string; readonly error: string }[];
}

/** Always the last record of its stream, so that "done" cannot arrive before the data. */
export interface OutcomeRecord {
  readonly kind: 'outcome';
  readonly status: OutcomeStatus;
  /** Counts by what they count: `objects`, `fields`, `entities`, `failures`, `filtered`, `apiCalls`, ... */
  readonly counts: Readonly<Record<string, number>>;
  readonly steps: readonly StepSummary[];
  /** At most the first 100; `counts.failures` has the full number. */
  readonly failures: readonly NamedFailure[];
  /** Why it did not succeed, when one thing is to blame. */
  readonly error?: Failure;
  /** Unix times in milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Records before this one in the stream. */
  readonly records: number;
  /** SHA-256, in hex, over the lines before this one, each with its newline; empty when `interrupted`. */
  readonly digest: string;
  /** The revision of the catalog that the run went by, leaving out what had not changed since; absent when it read everything. */
  readonly builtOn?: string;
}

/** What a worker writes: each becomes one line of JSON in the spool, in `results.jsonl` and on the channel. */
export type RunRecord =
  | UnchangedRecord
  | CatalogueRecord
  | LogRecord
  | StepRecord
  | FailureRecord
  | OutcomeRecord;
