import type { JOB_TRAITS, JobKind } from '../domain/job.ts';
import type { Progress } from '../domain/progress.ts';
import type {
  CatalogRecord,
  EntityRecord,
  FailureRecord,
  StepRecord,
  UnchangedRecord,
} from '../domain/record.ts';
import type { Endpoint } from '../network/endpoint.ts';
import type { Connect } from '../network/connect.ts';
import type { Logger } from '../observability/logger.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { CutText } from '../redaction/cut-text.ts';
import type { SecretSource } from '../secrets/secret.ts';
import type { Workflow } from '../openmetadata/workflow.ts';

/** Carries plain data, without secrets, from one run to the next. */
export interface RunMemory {
  /**
   * What the last run kept, as `read` understands it: it may be anything. Undefined when there is none, when `read` makes nothing
   * of it, and when the catalog is not in the state that run led to. A run that is given something counts as built on it.
   */
  recall<State>(read: (kept: unknown) => State | undefined): Promise<State | undefined>;
  /** To be kept once the outcome of this run is safe; undefined forgets. */
  keep(state: unknown): void;
  /** Whether the record of an entity could not be written; the state must not record it as sent. */
  isWithheld(fqn: string): boolean;
}

/** How much of a source a run may use, and what of it beyond metadata. */
export interface ConnectorLimits {
  /** Share of the source's allocation of calls that is never touched, in percent. */
  readonly reservePercent: number;
  readonly maxApiCallsPerRun: number | undefined;
  /** Whether rows of data may be read. */
  readonly sampleRows: boolean;
  /** Whether the text of code may be read. */
  readonly codeText: boolean;
  /** Whether columns may be profiled: counts, ranges and common values of fields. */
  readonly profile: boolean;
  /** Whether names and e-mail addresses of owners may be read. */
  readonly owners: boolean;
}

/** What a connector may use. It reaches the world through `connect` alone. */
export interface ConnectorContext {
  readonly workflow: Workflow;
  /** The connection's secret fields by dotted path (`password`, `sslConfig.sslKey`), resolved at each read. */
  readonly secrets: ReadonlyMap<string, SecretSource>;
  /** Opens a connection to a source host, if the local policy allows it and binds the job's secrets to it. */
  readonly connect: Connect;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /** Keeps a value that came of a secret (a session id, an access token) out of everything this attempt writes. Call it before the value is used. */
  readonly protect: (value: string) => void;
  /** Shortens a text of the source. No other way of cutting one may be used: it could leave half a secret, which passes every check after it. */
  readonly cut: CutText;
  /** The JSON that the record will be written as. Call it just before the record is yielded: then it is made once. */
  readonly encode: (record: EntityRecord) => string;
  /**
   * A private directory for what a connector of this kind keeps from one attempt to the next; it need not exist yet, holds
   * no secret, and may be deleted at any time. Absent where nothing is kept.
   */
  readonly stateDirectory?: string | undefined;
  /** What the last run for the same service is remembered by; absent where every run must be whole. */
  readonly memory?: RunMemory | undefined;
  /** What the local policy says of calls and data. */
  readonly limits: ConnectorLimits;
  readonly report: (progress: Progress) => void;
  /** Counts for the outcome: `objects`, `fields`, `filtered`, `apiCalls`, ... */
  readonly count: (name: string, by: number) => void;
}

export type Extracted = CatalogRecord | UnchangedRecord | FailureRecord;

interface Yields {
  readonly entities: Extracted;
  readonly steps: StepRecord;
}

/** The work of one kind of job: yields its records in the order in which they must be written, as fast as they are consumed. */
export type JobWork<Kind extends JobKind = JobKind> = (
  context: ConnectorContext,
  signal: AbortSignal,
) => AsyncIterable<Yields[(typeof JOB_TRAITS)[Kind]['yields']]>;

/** A kind of source. */
export interface Connector {
  /** OpenMetadata's `serviceConnection.config.type`. */
  readonly type: string;
  /** Dotted paths of the fields whose values are secret; a reference anywhere else is an error. */
  readonly secretFields: readonly string[];
  /** Those of `secretFields` that may name a file, if the local policy has a directory for such files. */
  readonly fileFields?: readonly string[] | undefined;
  /**
   * The endpoints that a connection document makes the connector sign in to. Throws a typed error for a connection
   * it cannot understand. Asked before any secret is resolved.
   */
  endpoints(connection: Readonly<Record<string, unknown>>): readonly Endpoint[];
  /**
   * Fully qualified names, outermost first, that are made of the job's own words and fixed ones alone: of the service, and as
   * far as the job names them its database and schema. They go out as they are in the names that records are about.
   */
  ownNames(workflow: Workflow): readonly string[];
  /**
   * `metadata` yields parents before children, entities before lineage and profiles of them, and failures as they
   * occur. `test_connection` yields each step as it ends; a mandatory step that failed is the last.
   */
  readonly jobs: { readonly [Kind in JobKind]: JobWork<Kind> };
}
