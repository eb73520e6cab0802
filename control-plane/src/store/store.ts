/**
 * What the control plane remembers. Invariants:
 * - A transaction is all or nothing, sees its own writes, and is on the disk when it resolves.
 * - Transactions run one after the other.
 * - `read` sees only what has been committed.
 * Every method is asynchronous because another store may live behind a network.
 */
import type { CatalogState } from '../catalog/catalog-state.ts';
import type { JobKind } from '../runs/job-kinds.ts';
import type { Run } from '../runs/run.ts';
import type { EntityReads, EntityWrites } from './entity.ts';
import type { LineageReads, LineageWrites } from './lineage.ts';

export interface Store {
  readonly read: Reads;
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface Reads {
  readonly runners: RunnerReads;
  readonly catalog: CatalogReads;
  readonly runs: RunReads;
  readonly records: RecordReads;
  readonly entities: EntityReads;
  readonly lineage: LineageReads;
  readonly catalogStates: CatalogStateReads;
  readonly settings: SettingReads;
}

export interface Transaction extends Reads {
  readonly tokens: Tokens;
  readonly runners: RunnerReads & RunnerWrites;
  readonly catalog: CatalogReads & CatalogWrites;
  readonly runs: RunReads & RunWrites;
  readonly records: RecordReads & RecordWrites;
  readonly entities: EntityReads & EntityWrites;
  readonly lineage: LineageReads & LineageWrites;
  readonly catalogStates: CatalogStateReads & CatalogStateWrites;
  readonly settings: SettingReads & SettingWrites;
}

/** Times are Unix milliseconds throughout. */
export interface StoredToken {
  /** SHA-256 of the token. */
  readonly hash: Buffer;
  readonly name: string | null;
  readonly expiresAt: number;
  readonly usedBy: string | null;
}

export interface Tokens {
  insert(token: StoredToken): Promise<void>;
  find(hash: Buffer): Promise<StoredToken | undefined>;
  markUsed(hash: Buffer, runnerId: string): Promise<void>;
}

export interface Runner {
  readonly id: string;
  readonly name: string;
  /** Raw Ed25519 key, 32 bytes. */
  readonly publicKey: Buffer;
  readonly version: string;
  readonly platform: string;
  readonly enrolledAt: number;
  readonly lastSeenAt: number | null;
  readonly revokedAt: number | null;
  /** Why it gets no work; null when it gets some. */
  readonly drainReason: string | null;
}

export interface RunnerReads {
  list(): Promise<Runner[]>;
  get(id: string): Promise<Runner | undefined>;
}

export interface RunnerWrites {
  save(runner: Runner): Promise<void>;
}

export interface Service {
  readonly name: string;
  /** What people see in place of the name; null for the name itself. */
  readonly displayName: string | null;
  readonly type: string;
  readonly connection: Readonly<Record<string, unknown>>;
  readonly runner: string | null;
  readonly updatedAt: number;
}

export interface Pipeline {
  readonly name: string;
  /** What people see in place of the name; null for the name itself. */
  readonly displayName: string | null;
  readonly service: string;
  readonly sourceConfig: Readonly<Record<string, unknown>>;
  readonly loggerLevel: string;
  /** The longest an attempt of it may run; 0 for the runner's own limit. */
  readonly deadlineMs: number;
  readonly updatedAt: number;
}

export interface CatalogReads {
  services(): Promise<Service[]>;
  service(name: string): Promise<Service | undefined>;
  pipelines(): Promise<Pipeline[]>;
  pipeline(name: string): Promise<Pipeline | undefined>;
}

export interface CatalogWrites {
  saveService(service: Service): Promise<void>;
  savePipeline(pipeline: Pipeline): Promise<void>;
  /** With its pipelines. */
  deleteService(name: string): Promise<void>;
  deletePipeline(name: string): Promise<void>;
}

/** A row stays when its service goes: generations must not start anew while attempts of old runs may still be delivered. */
export interface CatalogStateReads {
  /** The state of a service's catalog; unknown, with nothing given out, for one that never had a run. */
  get(service: string): Promise<CatalogState>;
}

export interface CatalogStateWrites {
  save(state: CatalogState): Promise<void>;
}

export interface Outcome {
  readonly status: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly steps: readonly Readonly<Record<string, unknown>>[];
  readonly failures: readonly Readonly<Record<string, unknown>>[];
}

/** One assignment of a run: what has been stored under its epoch. */
export interface Attempt {
  readonly runId: string;
  readonly epoch: number;
  readonly attempt: number;
  /** Which assignment of a run of its service it is: see CatalogState. */
  readonly generation: number;
  readonly runnerId: string;
  readonly channel: string;
  readonly storedSequence: number;
  /** Payload bytes of the batches that were stored. */
  readonly wireBytes: number;
  /** Distinct entities. */
  readonly entities: number;
  readonly outcome: Outcome | null;
  /** "ok", or what is wrong with the stream; null before its end. */
  readonly integrity: string | null;
}

export interface RunFilter {
  readonly limit: number;
  readonly service?: string | undefined;
  readonly kind?: JobKind | undefined;
  readonly state?: string | undefined;
  /** Id of the last run of the page before. */
  readonly before?: string | undefined;
}

export interface RunReads {
  get(id: string): Promise<Run | undefined>;
  /** Newest first. */
  list(filter: RunFilter): Promise<Run[]>;
  /** Queued, offered and running, oldest first. */
  active(): Promise<Run[]>;
  attempt(runId: string, epoch: number): Promise<Attempt | undefined>;
  /** Assignments of a higher generation that ended their run well. */
  endedWellSince(service: string, generation: number): Promise<EndedAttempt[]>;
  /** The oldest ended run that still has its records and is not among the newest `keep` of its service. */
  oldestBeyond(keep: number): Promise<Run | undefined>;
}

export interface EndedAttempt {
  readonly runId: string;
  readonly epoch: number;
  /** False when its records have been deleted to make room. */
  readonly recordsKept: boolean;
}

export interface RunWrites {
  save(run: Run): Promise<void>;
  saveAttempt(attempt: Attempt): Promise<void>;
}

export interface StoredRecord {
  /** Grows over all records of the store: a cursor. */
  readonly position: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly sequence: number;
  /** The record as it came, without its newline. */
  readonly line: string;
}

export interface NewRecord {
  readonly kind: string;
  readonly line: string;
}

export interface Page {
  /** 0 for the start. */
  readonly after: number;
  readonly limit: number;
}

export interface RecordReads {
  /** Records of one kind over all attempts of a run, after a position. */
  ofKind(runId: string, kind: string, page: Page): Promise<StoredRecord[]>;
  /** Records of one attempt, after a sequence; of one kind when that is named. */
  ofAttempt(runId: string, epoch: number, page: Page, kind?: string): Promise<StoredRecord[]>;
  /** SHA-256, in hex, over the attempt's lines up to and including a sequence, each with its newline. */
  digest(runId: string, epoch: number, upTo: number): Promise<string>;
}

/** What an operator has set, by name. */
export interface SettingReads {
  get(name: string): Promise<string | undefined>;
}

export interface SettingWrites {
  save(name: string, value: string): Promise<void>;
}

export interface RecordWrites {
  /** Numbers the records from `first` on. */
  append(runId: string, epoch: number, first: number, records: readonly NewRecord[]): Promise<void>;
  /** Deletes up to `limit` records of a run, and says how many that were. What came of them stays. */
  drop(runId: string, limit: number): Promise<number>;
}

export type { JobKind, Run };
