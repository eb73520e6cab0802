/**
 * The store of the control plane. Invariants:
 * - A transaction is atomic, sees its own writes, and is on disk when it resolves.
 * - Transactions run one after the other. Those that are submitted at about the same time share a
 *   commit, and one that fails takes back its own writes only.
 * - `read` sees only committed state.
 * Methods are asynchronous because another implementation may use a network.
 */
import type { CatalogState } from '../catalog/catalog-state.ts';
import type { JobKind } from '../runs/job-kinds.ts';
import type { Run } from '../runs/run.ts';
import type { AuditHeadReads, AuditHeadWrites } from './audit-head.ts';
import type { EntityReads, EntityWrites } from './entity.ts';
import type { LineageReads, LineageWrites } from './lineage.ts';
import type {
  DeploymentReads,
  DeploymentWrites,
  EndpointReads,
  EndpointWrites,
  Origin,
} from './openmetadata.ts';
import type { ScheduleReads, ScheduleWrites } from './schedule.ts';
import type { NewRecord, Page, RecordReads, RecordWrites, StoredRecord } from './records.ts';
import type { RelayReads, RelayWrites } from './relay.ts';
import type { SignatureReads, SignatureWrites } from './signature.ts';

export interface Store {
  readonly read: StoreReader;
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface StoreReader {
  readonly runners: RunnerReads;
  readonly definitions: DefinitionReads;
  readonly runs: RunReads;
  readonly records: RecordReads;
  readonly entities: EntityReads;
  readonly lineage: LineageReads;
  readonly catalogStates: CatalogStateReads;
  readonly settings: SettingReads;
  readonly schedules: ScheduleReads;
  readonly signatures: SignatureReads;
  readonly auditHeads: AuditHeadReads;
  readonly endpoints: EndpointReads;
  readonly deployments: DeploymentReads;
  readonly relays: RelayReads;
}

export interface Transaction extends StoreReader {
  readonly tokens: Tokens;
  readonly runners: RunnerReads & RunnerWrites;
  readonly definitions: DefinitionReads & DefinitionWrites;
  readonly runs: RunReads & RunWrites;
  readonly records: RecordReads & RecordWrites;
  readonly entities: EntityReads & EntityWrites;
  readonly lineage: LineageReads & LineageWrites;
  readonly catalogStates: CatalogStateReads & CatalogStateWrites;
  readonly settings: SettingReads & SettingWrites;
  readonly schedules: ScheduleReads & ScheduleWrites;
  readonly signatures: SignatureReads & SignatureWrites;
  readonly auditHeads: AuditHeadReads & AuditHeadWrites;
  readonly endpoints: EndpointReads & EndpointWrites;
  readonly deployments: DeploymentReads & DeploymentWrites;
  readonly relays: RelayReads & RelayWrites;
}

/** All times are Unix milliseconds. */
export interface StoredToken {
  /** SHA-256 of the token. */
  readonly hash: Buffer;
  readonly name: string | null;
  /** The pool of the runner. */
  readonly pool: string;
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
  /** Accepted and not used yet; null for none. */
  readonly nextPublicKey: Buffer | null;
  /** When `publicKey` was first used. */
  readonly keySince: number;
  readonly version: string;
  readonly platform: string;
  readonly enrolledAt: number;
  readonly lastSeenAt: number | null;
  readonly revokedAt: number | null;
  /** Why the runner drains; null when it does not. */
  readonly drainReason: string | null;
  /** Takes runs of services of this pool, and of services without one. */
  readonly pool: string;
}

export interface RunnerReads {
  list(): Promise<readonly Runner[]>;
  get(id: string): Promise<Runner | undefined>;
}

export interface RunnerWrites {
  save(runner: Runner): Promise<void>;
  /** Sets when each runner was last seen, by id. */
  seen(times: ReadonlyMap<string, number>): Promise<void>;
}

export interface Service {
  readonly name: string;
  /** Shown instead of the name; null for the name itself. */
  readonly displayName: string | null;
  readonly type: string;
  readonly connection: Readonly<Record<string, unknown>>;
  readonly runner: string | null;
  /** The pool whose runners take its runs; null for any runner. */
  readonly pool: string | null;
  /** The OpenMetadata server that manages it; null when it is managed here. */
  readonly origin: Origin | null;
  readonly updatedAt: number;
}

export interface Pipeline {
  readonly name: string;
  /** Shown instead of the name; null for the name itself. */
  readonly displayName: string | null;
  readonly service: string;
  readonly sourceConfig: Readonly<Record<string, unknown>>;
  readonly loggerLevel: string;
  /** Maximum duration of an attempt; 0 for the runner's own limit. */
  readonly deadlineMs: number;
  /** The OpenMetadata server that manages it; null when it is managed here. */
  readonly origin: Origin | null;
  readonly updatedAt: number;
}

export interface DefinitionReads {
  services(): Promise<Service[]>;
  service(name: string): Promise<Service | undefined>;
  pipelines(): Promise<Pipeline[]>;
  pipeline(name: string): Promise<Pipeline | undefined>;
}

export interface DefinitionWrites {
  saveService(service: Service): Promise<void>;
  savePipeline(pipeline: Pipeline): Promise<void>;
  /** Deletes its pipelines, their schedules and all signatures too. */
  deleteService(name: string): Promise<void>;
  /** Deletes its schedule and its signature too. */
  deletePipeline(name: string): Promise<void>;
}

/**
 * A state outlives its service: generations must not restart while attempts of old runs may still
 * be delivered.
 */
export interface CatalogStateReads {
  /** The state of a service's catalog; unknown for one without runs. */
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

/** One assignment of a run, and what is stored under its epoch. */
export interface Attempt {
  readonly runId: string;
  readonly epoch: number;
  readonly attempt: number;
  /** Number of the assignment among those of the service: see CatalogState. */
  readonly generation: number;
  readonly runnerId: string;
  readonly channel: string;
  readonly storedSequence: number;
  /** Payload bytes of the stored batches. */
  readonly wireBytes: number;
  /** Distinct entities. */
  readonly entities: number;
  readonly outcome: Outcome | null;
  /** "ok", or the problem with the stored records; null before the outcome. */
  readonly integrity: string | null;
}

export interface RunFilter {
  readonly limit: number;
  readonly service?: string | undefined;
  readonly kind?: JobKind | undefined;
  readonly state?: string | undefined;
  /** Id of the last run of the previous page. */
  readonly before?: string | undefined;
}

export interface RunReads {
  get(id: string): Promise<Run | undefined>;
  /** Newest first. */
  list(filter: RunFilter): Promise<Run[]>;
  /** Queued, offered and running, oldest first. */
  active(): Promise<Run[]>;
  attempt(runId: string, epoch: number): Promise<Attempt | undefined>;
  /** Assignments with a higher generation whose run succeeded. */
  succeededSince(service: string, generation: number): Promise<SucceededAttempt[]>;
  /** The last run of a scheduled slot. */
  ofSlot(pipeline: string, at: number): Promise<Run | undefined>;
  /** The oldest ended run with records that is not among the newest `keep` of its service. */
  oldestBeyond(keep: number): Promise<Run | undefined>;
}

export interface SucceededAttempt {
  readonly runId: string;
  readonly epoch: number;
  /** False once its records were deleted to save space. */
  readonly recordsKept: boolean;
}

export interface RunWrites {
  save(run: Run): Promise<void>;
  saveAttempt(attempt: Attempt): Promise<void>;
}

/** Operator settings by name. */
export interface SettingReads {
  get(name: string): Promise<string | undefined>;
}

export interface SettingWrites {
  save(name: string, value: string): Promise<void>;
}

export type { JobKind, NewRecord, Page, RecordReads, RecordWrites, Run, StoredRecord };
