/**
 * A control plane as the pipeline service of an OpenMetadata server, with a scripted runner: the
 * server is driven by its REST API, as its interface does.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Json } from '../../../foundation/src/domain/json.ts';
import { createAuthority } from '../../../test/support/certificates.ts';
import {
  startOpenMetadataServer,
  type OpenMetadataServer,
} from '../../../test/support/openmetadata-server/server.ts';
import { OpenMetadataRest } from '../../../test/support/openmetadata-server/rest.ts';
import type { Limits } from '../../src/limits.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { addEndpoint } from '../../src/openmetadata/endpoints/endpoints.ts';
import { openSealer } from '../../src/openmetadata/sealing.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { connect, type Connection, type Identity } from '../fake-runner.ts';
import { enrollVia, eventually, openStage, temporaryFolder, type Stage } from '../stage.ts';

export const TOKEN = 'bot-token';
export const FQN = 'crm.nightly';
export const CONNECTION = {
  type: 'Salesforce',
  username: 'ingest@acme.example',
  password: 'secret:/salesforce/password',
  securityToken: 'secret:/salesforce/token',
  salesforceDomain: 'acme.my',
};

/** A control plane that runs in this process or in another. */
type Launched = Pick<Stage, 'port' | 'ca' | 'api' | 'close'>;
/** Starts a control plane on a folder. */
export type Launch = (data: string) => Promise<Launched>;

export class RelayStage {
  readonly server: OpenMetadataServer;
  readonly admin: OpenMetadataRest;
  /** The server's id of the pipeline; empty before `deploy`. */
  pipelineId = '';
  stage: Launched;
  identity: Identity;
  readonly #data: ReturnType<typeof temporaryFolder>;
  readonly #credentials: { readonly username: string; readonly password: string };
  readonly #launch: Launch;
  #connections: Connection[] = [];

  private constructor(parts: {
    readonly server: OpenMetadataServer;
    readonly ca: string;
    readonly stage: Launched;
    readonly identity: Identity;
    readonly data: ReturnType<typeof temporaryFolder>;
    readonly credentials: { readonly username: string; readonly password: string };
    readonly launch: Launch;
  }) {
    this.server = parts.server;
    this.stage = parts.stage;
    this.identity = parts.identity;
    this.#data = parts.data;
    this.#credentials = parts.credentials;
    this.#launch = parts.launch;
    this.admin = new OpenMetadataRest(parts.server.hostPort, 'admin-token', parts.ca);
    this.#attach();
  }

  static async open(
    limits: Partial<Limits> = {},
    launch: Launch = inProcess(limits),
  ): Promise<RelayStage> {
    const authority = await createAuthority();
    const server = await startOpenMetadataServer(authority, { host: 'localhost' });
    server.tokens.add(TOKEN);
    server.people.set('admin-token', 'admin');
    const data = temporaryFolder();
    const credentials = await addEndpointFor(server, authority.caPem, data.path);
    const stage = await launch(data.path);
    const identity = await enrollVia(stage.api);
    const ca = authority.caPem;
    return new RelayStage({ server, ca, stage, identity, data, credentials, launch });
  }

  /** Creates the service and the pipeline, and deploys it. */
  async deploy(sourceConfig: Json = {}, more: Json = {}): Promise<void> {
    await this.expect('PUT', '/services/databaseServices', {
      name: 'crm',
      serviceType: 'Salesforce',
      connection: { config: CONNECTION },
    });
    const { id } = this.server.store.get('databaseService', 'crm');
    const created = await this.expect('POST', '/services/ingestionPipelines', {
      name: 'nightly',
      pipelineType: 'metadata',
      service: { id, type: 'databaseService' },
      sourceConfig: { config: { type: 'DatabaseMetadata', ...sourceConfig } },
      airflowConfig: {},
      ...more,
    });
    this.pipelineId = String(created['id']);
    await this.redeploy();
  }

  async redeploy(): Promise<void> {
    await this.expect('POST', `/services/ingestionPipelines/deploy/${this.pipelineId}`);
  }

  /** Returns the id of the run here. */
  async trigger(): Promise<string> {
    const before = await this.runIds();
    await this.expect('POST', `/services/ingestionPipelines/trigger/${this.pipelineId}`);
    const after = await this.runIds();
    return after.find((id) => !before.includes(id))!;
  }

  async kill(): Promise<void> {
    await this.expect('POST', `/services/ingestionPipelines/kill/${this.pipelineId}`);
  }

  /** A request of the admin that must succeed. */
  async expect(method: string, path: string, body?: unknown): Promise<Json> {
    const answer = await this.admin.send(method, path, body);
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async runIds(): Promise<readonly string[]> {
    const { body } = await this.stage.api.get('/api/v1/runs?limit=200');
    return (body.runs as { readonly id: string }[]).map(({ id }) => id);
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- a run as the API shows it
  async view(id: string): Promise<any> {
    return (await this.stage.api.get(`/api/v1/runs/${id}`)).body;
  }

  async relayIs(id: string, state: string): Promise<Json> {
    return eventually(async () => {
      const { relay } = (await this.view(id)) as { readonly relay: Json | null };
      return relay?.['state'] === state && relay;
    }, 30_000);
  }

  /** The data folder of the control plane. */
  get folder(): string {
    return this.#data.path;
  }

  /** What the server knows about runs of the pipeline, by run id, in the order of first reports. */
  get statuses(): readonly Json[] {
    return [...(this.server.pipelining.runs.get(FQN)?.values() ?? [])];
  }

  async runner(options: { readonly capacity?: number } = {}): Promise<Connection> {
    const { connection } = await connect('ws', this.stage, this.identity, options);
    this.#connections.push(connection);
    return connection;
  }

  disconnectRunners(): void {
    for (const connection of this.#connections) connection.close();
    this.#connections = [];
  }

  /** Stops the control plane, at whatever it is; its data stay. */
  async stop(): Promise<void> {
    this.disconnectRunners();
    await this.stage.close();
  }

  async start(): Promise<void> {
    this.stage = await this.#launch(this.#data.path);
    this.#attach();
  }

  async close(): Promise<void> {
    await this.stop();
    this.admin.close();
    await this.server.close();
    this.#data.remove();
  }

  #attach(): void {
    this.server.usePipelineService({
      endpoint: `https://localhost:${this.stage.port}`,
      caPem: this.stage.ca,
      ...this.#credentials,
    });
  }
}

/** In this process, with short pauses. */
export function inProcess(
  limits: Partial<Limits>,
  clock?: Clock,
  parts: Parameters<typeof openStage>[3] = {},
): Launch {
  const quick = { relayPauseMaxMs: 50, retryOfferMs: 100, ...limits };
  return (path) => openStage(quick, { path, remove: () => undefined }, clock, parts);
}

async function addEndpointFor(
  server: OpenMetadataServer,
  ca: string,
  data: string,
): Promise<{ readonly username: string; readonly password: string }> {
  const store = openSqliteStore(join(data, 'store.sqlite'));
  try {
    const sealer = openSealer(data, randomBytes);
    const deps = { store, sealer, random: randomBytes, now: () => Date.now() };
    const settings = { name: 'prod', server: server.hostPort, ca, pool: null, poolRules: [] };
    const { endpoint, password } = await addEndpoint(
      deps,
      { ...settings, allowPlainSecrets: false },
      null,
    );
    return { username: endpoint.user, password };
  } finally {
    await store.close();
  }
}
