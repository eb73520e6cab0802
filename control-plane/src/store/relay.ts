/**
 * Relays: writing the records of a run to the OpenMetadata server that its pipeline came from. All
 * times are Unix milliseconds.
 */
import type { ErrorBody } from '../runtime/errors.ts';
import type { Json } from '../runtime/json.ts';

/** The states of OpenMetadata's pipelineStatus in which a run can end. */
export const RELAY_RESULTS = ['success', 'partialSuccess', 'failed', 'stopped'] as const;
export type RelayResult = (typeof RELAY_RESULTS)[number];

/** The error that a relay is waiting out; it is retried. */
export interface Trouble {
  readonly error: ErrorBody;
  readonly since: number;
}

/** Relays start in the order of their runs, one at a time for a service. */
export type RelayStatus =
  /**
   * The run is not offered yet: an earlier relay of the service is open, or the server was not
   * asked yet.
   */
  | { readonly state: 'waiting'; readonly trouble: Trouble | null }
  /** The run may start. */
  | { readonly state: 'pending'; readonly trouble: Trouble | null }
  /** The records of the attempt with this epoch go to the server. */
  | { readonly state: 'writing'; readonly epoch: number; readonly trouble: Trouble | null }
  /** Nothing is left to write; the final pipelineStatus does not say so yet. */
  | {
      readonly state: 'reporting';
      readonly result: RelayResult;
      readonly steps: readonly Json[];
      /** The server has everything that the run reported. */
      readonly complete: boolean;
      readonly error: ErrorBody | null;
      readonly trouble: Trouble | null;
    }
  | {
      readonly state: 'done';
      readonly result: RelayResult;
      readonly error: ErrorBody | null;
      readonly endedAt: number;
    }
  /** Abandoned: the server does not have everything, and may not know how the run ended. */
  | { readonly state: 'failed'; readonly error: ErrorBody; readonly endedAt: number };

export const RELAY_STATES = [
  'waiting',
  'pending',
  'writing',
  'reporting',
  'done',
  'failed',
] as const satisfies readonly RelayStatus['state'][];

export interface Relay {
  readonly runId: string;
  readonly service: string;
  /** Name of the endpoint. */
  readonly endpoint: string;
  /** The server's id of the ingestion pipeline. */
  readonly deployment: string;
  /** The pipeline's fully qualified name at the server. */
  readonly pipelineFqn: string;
  /** The server's id of this run, a UUID. */
  readonly pipelineRunId: string;
  readonly queuedAt: number;
  /** Settings of this run alone; null for none. */
  readonly config: Json | null;
  /** The source's descriptions, display names and owners replace those that users entered. */
  readonly overrideMetadata: boolean;
  /** Somebody stopped the run. */
  readonly stopped: boolean;
  readonly status: RelayStatus;
  /** What the sink has counted. */
  readonly counts: Readonly<Record<string, number>>;
}

/** The state of a service's catalog at the server after a complete relay. */
export interface CatalogMark {
  readonly endpoint: string;
  readonly service: string;
  /** The server's id of the service. */
  readonly serviceId: string;
  readonly pipelineFqn: string;
  readonly pipelineRunId: string;
  /** Number of entities by type. */
  readonly counts: Readonly<Record<string, number>>;
  /** The server's clock. */
  readonly at: number;
}

export interface RelayLine {
  /** Increases over all lines. */
  readonly position: number;
  readonly time: number;
  readonly level: string;
  readonly message: string;
  readonly data: Json | null;
}

/** A connection test whose dialog waits for a result. */
export interface PendingTest {
  readonly runId: string;
  /** Name of the endpoint. */
  readonly endpoint: string;
  /** The server's id of the automation workflow. */
  readonly workflow: string;
  readonly pool: string;
  /** The token that came with the test. */
  readonly sealedToken: Buffer;
}

export interface RelayReads {
  get(runId: string): Promise<Relay | undefined>;
  /** Neither done nor failed, oldest first. */
  open(): Promise<Relay[]>;
  /** The newest of a deployment. */
  latest(endpoint: string, deployment: string): Promise<Relay | undefined>;
  mark(endpoint: string, service: string): Promise<CatalogMark | undefined>;
  /** What the relay has to say about itself, after a position. */
  log(runId: string, after: number, limit: number): Promise<RelayLine[]>;
  tests(): Promise<PendingTest[]>;
}

export interface RelayWrites {
  save(relay: Relay): Promise<void>;
  saveMark(mark: CatalogMark): Promise<void>;
  /** Until the next complete relay the state of the catalog is unknown. */
  deleteMark(endpoint: string, service: string): Promise<void>;
  saveTest(test: PendingTest): Promise<void>;
  deleteTest(runId: string): Promise<void>;
  appendLog(runId: string, line: Omit<RelayLine, 'position'>): Promise<void>;
}
