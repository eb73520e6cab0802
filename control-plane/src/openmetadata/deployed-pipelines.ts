/**
 * The seams between the Airflow API (airflow/), what was deployed through it (endpoints/,
 * deployments/) and the runs of it (server/, runs/). Invariants:
 * - An endpoint reaches only what was deployed through it.
 * - A bot token is sent only to the server that the operator named in the endpoint, never to an
 *   address in a request, never to a runner, and appears in no log and no workflow.
 * - The last deployment of a pipeline wins. It takes effect after a short quiet, at the latest when
 *   the pipeline is triggered.
 * Errors of these interfaces are ControlPlaneErrors whose message and remedy OpenMetadata's
 * interface shows.
 */
import type { Run } from '../runs/run.ts';
import type { ScheduledStart } from '../runs/start-run.ts';

/** One OpenMetadata server that uses this control plane as its pipeline service. */
export interface Endpoint {
  readonly name: string;
  /** The server's REST API as the operator named it, ending in /api. */
  readonly server: string;
  /** CA certificates (PEM) to trust for the server; null for those of the system. */
  readonly ca: string | null;
  /** The pool of its services unless a call or a rule names another; null for the default pool. */
  readonly pool: string | null;
  /** Pools by the name of the service, first match first. */
  readonly poolRules: readonly PoolRule[];
  /** Connections with passwords in plain text may run. They are stored in no case. */
  readonly allowPlainSecrets: boolean;
  /** Runs request profiles of columns, which the policy of a runner permits or not. */
  readonly profile?: boolean;
  /** Runs request sample rows, likewise. */
  readonly sampleRows?: boolean;
}

export interface PoolRule {
  /** The name of a service, with * for any characters. */
  readonly service: string;
  readonly pool: string;
}

/** A metadata pipeline of a Salesforce service, as a server last deployed it. */
export interface Deployment {
  /** Name of the endpoint. */
  readonly endpoint: string;
  /** The server's id of the ingestion pipeline. */
  readonly id: string;
  /** The pipeline's name, which later calls use as dag_id: unique within the endpoint. */
  readonly name: string;
  /** The pipeline's fully qualified name at the server. */
  readonly fqn: string;
  /** Name of the service at the server and here. */
  readonly service: string;
  /** Name of the pipeline in this control plane. */
  readonly pipeline: string;
  readonly pool: string;
  /** The deployed IngestionPipeline without openMetadataServerConnection. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** The service's connection as read at the deployment: references only, no secret. */
  readonly connection: Readonly<Record<string, unknown>>;
  readonly enabled: boolean;
  readonly deployedAt: number;
  /** When it took effect; null during the quiet. */
  readonly settledAt: number | null;
  /** Opaque: see BotTokens. */
  readonly sealedToken: Buffer;
}

/** Opens the sealed bot token of a deployment for one call. Do not keep the result. */
export interface BotTokens {
  of(deployment: Deployment): string;
}

/** A database service as the bot reads it from the server: secrets unmasked. */
export interface ServerService {
  readonly id: string;
  readonly name: string;
  readonly displayName: string | null;
  readonly serviceType: string;
  /** `connection.config`; empty when the service has none. */
  readonly connection: Readonly<Record<string, unknown>>;
}

/** Calls to the server of an endpoint that a deployment needs. */
export interface OpenMetadataServers {
  /** The server's version, x.y.z. */
  version(endpoint: Endpoint, signal: AbortSignal): Promise<string>;
  /** undefined when the server has no such service. */
  databaseService(
    endpoint: Endpoint,
    token: string,
    name: string,
    signal: AbortSignal,
  ): Promise<ServerService | undefined>;
}

/** A PipelineStatus of a run that waits. */
export interface QueuedStatus {
  readonly runId: string;
  readonly pipelineState: 'queued';
  readonly startDate: number;
  readonly timestamp: number;
}

export interface TriggerOptions {
  /** `conf` of the trigger call. */
  readonly conf?: Readonly<Record<string, unknown>> | undefined;
  /** The slot of the schedule that is due; absent for a run that was started by hand. */
  readonly scheduled?: ScheduledStart | undefined;
}

/** Runs of deployments. */
export interface DeploymentRuns {
  /** Reads and checks the connection, then queues a run. */
  trigger(deployment: Deployment, options: TriggerOptions): Promise<Run>;
  /** Cancels every queued and active run; none is no error. */
  kill(deployment: Deployment): Promise<void>;
  queued(deployment: Deployment): Promise<readonly QueuedStatus[]>;
  /** The log of the latest run as one text; empty before the first run. */
  log(deployment: Deployment): Promise<string>;
  /**
   * Starts a connection test and returns when it is queued; the result goes to the server.
   * `workflow` is the automation Workflow entity, with the bot token in
   * openMetadataServerConnection.
   */
  testConnection(
    endpoint: Endpoint,
    workflow: Readonly<Record<string, unknown>>,
    pool: string,
  ): Promise<void>;
  /** The deployment is gone: end its runs and deliveries. */
  forget(deployment: Deployment): Promise<void>;
}

/** Who calls, and the pool in the path of the call. */
export interface Caller {
  readonly endpoint: Endpoint;
  readonly pool: string | null;
}

/** The answer to a deployment. */
export type DeployResult =
  | {
      readonly kind: 'deployed';
      readonly message: string;
      readonly dagId: string;
      /** Whether it was not deployed here before. */
      readonly isNew: boolean;
    }
  /** Not a pipeline for runners: for the upstream Airflow, if there is one. */
  | { readonly kind: 'foreign'; readonly message: string };

/** What a server does with its pipelines. Methods that name an unknown pipeline throw NOT_FOUND. */
export interface DeployedPipelines {
  /** Stores a deployment; it takes effect after the quiet. */
  deploy(caller: Caller, payload: unknown, signal: AbortSignal): Promise<DeployResult>;
  /** Whether the endpoint has deployed a pipeline of this name. */
  has(caller: Caller, dagId: string): Promise<boolean>;
  /** Does nothing for an unknown pipeline. */
  delete(caller: Caller, dagId: string): Promise<void>;
  setEnabled(caller: Caller, dagId: string, enabled: boolean): Promise<void>;
  trigger(
    caller: Caller,
    dagId: string,
    conf: Readonly<Record<string, unknown>> | undefined,
  ): Promise<Run>;
  kill(caller: Caller, dagId: string): Promise<void>;
  queued(caller: Caller, dagId: string): Promise<readonly QueuedStatus[]>;
  log(caller: Caller, dagId: string): Promise<string>;
  /** `workflow` is a TEST_CONNECTION of a Salesforce service. */
  testConnection(caller: Caller, workflow: Readonly<Record<string, unknown>>): Promise<void>;
}
