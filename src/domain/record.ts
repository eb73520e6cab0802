import type { Failure, NamedFailure } from './failure.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The OpenMetadata entities this runner sends, by the name of their create request. */
export const ENTITY_TYPES = ['databaseService', 'database', 'databaseSchema', 'table'] as const;
export type EntityType = (typeof ENTITY_TYPES)[number];

/** A create request for one OpenMetadata entity. The receiver upserts by `type` and `fqn`. */
export interface EntityRecord {
  readonly kind: 'entity';
  readonly type: EntityType;
  /** Fully qualified name, for example `sandbox.default.salesforce.Account`. */
  readonly fqn: string;
  readonly request: Readonly<Record<string, unknown>>;
}

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
export const OUTCOME_STATUSES = ['success', 'partialSuccess', 'failed', 'cancelled', 'expired', 'interrupted'] as const;
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
}

/** What a worker writes: each becomes one line of JSON in the spool, in `results.jsonl` and on the channel. */
export type RunRecord = EntityRecord | LogRecord | StepRecord | FailureRecord | OutcomeRecord;
