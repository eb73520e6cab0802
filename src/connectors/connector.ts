import type { Account } from '../../foundation/src/domain/account.ts';
import type { JOB_TRAITS, JobKind } from '../../foundation/src/domain/job.ts';
import type { Progress } from '../../foundation/src/domain/progress.ts';
import type {
  CatalogRecord,
  EntityRecord,
  FailureRecord,
  StepRecord,
  UnchangedRecord,
} from '../../foundation/src/domain/record.ts';
import type { Endpoint } from '../../foundation/src/network/endpoint.ts';
import type { Connect } from '../../foundation/src/network/connect.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import type { ErrorCode } from '../../foundation/src/runtime/error-codes.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { Random } from '../../foundation/src/runtime/random.ts';
import type { CutText } from '../redaction/cut-text.ts';
import type { PemKind } from '../secrets/pem.ts';
import type { SecretSource } from '../secrets/secret.ts';
import type { Workflow } from '../../openmetadata/src/workflow.ts';

/** Carries plain data, without secrets, from one run to the next. */
export interface StateStore {
  /**
   * The state of the previous run, parsed by `read`, which must expect any value. Undefined when
   * the state is missing, when `read` returns undefined, and when the catalog is in another
   * revision. A run that receives a state builds on it.
   */
  load<State>(read: (stored: unknown) => State | undefined): Promise<State | undefined>;
  /** Saves the state of this run once its outcome is durable; undefined deletes the state. */
  save(state: unknown): void;
  /** Whether the record of an entity could not be written; the state must not record it as sent. */
  isWithheld(fqn: string): boolean;
}

/** How much of a source a run may use, and which data beyond metadata it may read. */
export interface ConnectorLimits {
  /** Share of the source's daily API calls that a run never uses, in percent. */
  readonly reservePercent: number;
  readonly maxApiCallsPerRun: number | undefined;
  /** Whether numbers of rows may be read. */
  readonly counts: boolean;
  /** Whether rows of data may be read. */
  readonly sampleRows: boolean;
  /** Whether the text of code may be read. */
  readonly codeText: boolean;
  /** Whether columns may be profiled: counts, ranges and common values of fields. */
  readonly profile: boolean;
  /** Whether names and e-mail addresses of owners may be read. */
  readonly owners: boolean;
}

/** Calls that a source permits in a period, and how many of them are used. */
export interface Allocation {
  readonly used: number;
  readonly limit: number;
}

/** Everything that a connector may use. `connect` is its only access to the network. */
export interface ConnectorContext {
  readonly workflow: Workflow;
  /**
   * The connection's secret fields by dotted path (`password`, `sslConfig.sslKey`), resolved at
   * each read.
   */
  readonly secrets: ReadonlyMap<string, SecretSource>;
  /**
   * Opens a connection to a source host, if the local policy allows it and binds the job's secrets
   * to it.
   */
  readonly connect: Connect;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Call it with every spelling of the organization's id after each sign-in, before any other call.
   * Throws ORGANIZATION_DENIED if the local policy binds the job's secrets to another one.
   */
  readonly admitOrganization: (organization: readonly string[]) => Promise<void>;
  /**
   * Records a sign-in that failed, with the code of its error. Call it after each one that may have
   * reached the source. Throws AUDIT_UNWRITABLE.
   */
  readonly noteFailedSignIn: (code: ErrorCode) => Promise<void>;
  /**
   * Redacts a value that the source issued for a secret (session id, access token). Call it before
   * the value is used.
   */
  readonly protect: (value: string) => void;
  /**
   * Shortens a text of the source. Use nothing else to do so: half a secret would pass all later
   * checks.
   */
  readonly cut: CutText;
  /**
   * The JSON that the record will be written as. Call it just before the record is yielded: then it
   * is made once.
   */
  readonly encode: (record: EntityRecord) => string;
  /**
   * A private directory in which connectors of this kind store data between attempts. It may not
   * exist yet, contains no secrets, and may be deleted at any time. Absent if nothing is stored.
   */
  readonly stateDirectory?: string | undefined;
  /** State of the previous run of the same service; absent if every run must be a full run. */
  readonly stateStore?: StateStore | undefined;
  /** Limits of the local policy for calls and data. */
  readonly limits: ConnectorLimits;
  readonly report: (progress: Progress) => void;
  /** Counts for the outcome: `objects`, `fields`, `filtered`, `apiCalls`, ... */
  readonly count: (name: string, by: number) => void;
  /**
   * Wait for it before each call that `count` will have as `apiCalls`. Resolves at once, unless the
   * policy limits calls and its count of them lags behind.
   */
  readonly admitCall?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Tells what the source last said about its allocation of calls. */
  readonly noteAllocation: (allocation: Allocation) => void;
}

export type Extracted = CatalogRecord | UnchangedRecord | FailureRecord;

interface Yields {
  readonly entities: Extracted;
  readonly steps: StepRecord;
}

/**
 * The work of one kind of job: yields its records in the order in which they must be written, as
 * fast as they are consumed.
 */
export type JobWork<Kind extends JobKind = JobKind> = (
  context: ConnectorContext,
  signal: AbortSignal,
) => AsyncIterable<Yields[(typeof JOB_TRAITS)[Kind]['yields']]>;

/** A kind of source. */
export interface Connector {
  /**
   * Matches the workflow's `source.type`, ignoring case; in lower case it is the key of the policy
   * and of secret rules.
   */
  readonly type: string;
  /** Dotted paths of the fields whose values are secret; a reference anywhere else is an error. */
  readonly secretFields: readonly string[];
  /**
   * The `secretFields` that may name a file, if the local policy has a directory for such files,
   * and what has to be in it.
   */
  readonly fileFields?: Readonly<Record<string, PemKind>> | undefined;
  /** The `secretFields` with a certificate authority that connections to the source will trust. */
  readonly authorityFields?: readonly string[] | undefined;
  /**
   * The endpoints that the connector signs in to with this connection. Throws a RunnerError for an
   * invalid connection. Called before any secret is read.
   */
  endpoints(connection: Readonly<Record<string, unknown>>): readonly Endpoint[];
  /**
   * Who the connection signs in as; rules of the local policy may bind secrets to it. A connector
   * with accounts must call `admitOrganization` after each sign-in.
   */
  account?(connection: Readonly<Record<string, unknown>>): Account;
  /**
   * Fully qualified names, outermost first, that consist of texts of the job and constants: of the
   * service and, where the job names them, of its database and schema. They are not redacted where
   * a record names its subject.
   */
  ownNames(workflow: Workflow): readonly string[];
  /**
   * `metadata` yields parents before children, entities before lineage and profiles of them, and
   * failures as they occur. `test_connection` yields each step as it ends; a mandatory step that
   * failed is the last. A job of an unsupported kind ends as JOB_KIND_UNSUPPORTED, before a secret
   * is read.
   */
  readonly jobs: { readonly [Kind in JobKind]: JobWork<Kind> | 'unsupported' };
}
