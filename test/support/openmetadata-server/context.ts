import { AirflowClient } from './airflow-client.ts';
import type { PipelineServiceSettings } from './airflow-session.ts';
import { Automations } from './automations.ts';
import { EdgeIndex } from './edge-index.ts';
import type { Fault } from './faults.ts';
import type { PipelineContext } from './pipeline-routes.ts';
import { IngestionPipelines } from './pipelines.ts';
import type { ServerState } from './server-state.ts';
import { Store, type Json } from './store.ts';

export interface ContextOptions {
  readonly version: string;
  /** What deployments say of where the server is. */
  readonly hostPort: () => string;
}

/** Everything that a server keeps. */
export class ServerContext {
  readonly store = new Store();
  readonly edges = new EdgeIndex();
  readonly state: ServerState = {
    lineage: new Map(),
    profiles: new Map(),
    samples: new Map(),
    statuses: [],
    pipelines: new Set(),
    bulk: true,
    background: true,
    backgroundJobs: 0,
    unfinished: new Set(),
  };
  /** Tokens of bots. */
  readonly tokens = new Set<string>();
  /** Tokens of people, with their names. */
  readonly people = new Map<string, string>();
  readonly faults: Fault[] = [];
  /** Called after each answer to a bot. */
  onBotCall: (title: string, status: number) => void = () => undefined;
  readonly requests: string[] = [];
  readonly version: string;
  readonly pipelining: PipelineContext;
  readonly #hostPort: () => string;
  #client: AirflowClient | undefined;
  #metadataApiEndpoint: string | undefined;

  constructor({ version, hostPort }: ContextOptions) {
    this.version = version;
    this.#hostPort = hostPort;
    const deps = {
      client: (): AirflowClient | undefined => this.#client,
      serverConnection: (): Json => this.#serverConnection(),
    };
    this.pipelining = {
      ...deps,
      pipelines: new IngestionPipelines({ ...deps, serviceOf: (id) => this.#serviceOf(id) }),
      automations: new Automations({
        ...deps,
        connectionOf: (service) => this.#connectionOf(service),
      }),
      statuses: this.state.statuses,
      knownPipelines: this.state.pipelines,
      runs: new Map(),
    };
  }

  /** Points the server's pipeline service at another place; undefined disables it. */
  usePipelineService(settings: PipelineServiceSettings | undefined): AirflowClient | undefined {
    this.#client?.close();
    this.#metadataApiEndpoint = settings?.metadataApiEndpoint;
    this.#client = settings === undefined ? undefined : new AirflowClient(settings, this.version);
    return this.#client;
  }

  close(): void {
    this.#client?.close();
  }

  #serviceOf(id: string): Json {
    const { name, fullyQualifiedName } = this.store.byId('databaseService', id);
    return { id, type: 'databaseService', name, fullyQualifiedName, deleted: false };
  }

  #connectionOf(service: string): Json | undefined {
    const connection = this.store.find('databaseService', service)?.['connection'];
    return (connection as Json | undefined)?.['config'] as Json | undefined;
  }

  #serverConnection(): Json {
    return {
      clusterName: 'openmetadata',
      type: 'OpenMetadata',
      hostPort: this.#metadataApiEndpoint ?? this.#hostPort(),
      authProvider: 'openmetadata',
      verifySSL: 'validate',
      sslConfig: { caCertificate: '' },
      securityConfig: { jwtToken: [...this.tokens][0] ?? '' },
      secretsManagerProvider: 'db',
      secretsManagerLoader: 'noop',
      apiVersion: 'v1',
      forceEntityOverwriting: false,
      storeServiceConnection: true,
    };
  }
}
