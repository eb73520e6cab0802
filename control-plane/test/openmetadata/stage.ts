/**
 * A control plane that serves an OpenMetadata server: real port and store, a stand-in for server
 * and runs.
 */
import { randomUUID } from 'node:crypto';
import { request } from 'node:https';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { runOpenMetadataCommand } from '../../src/openmetadata/endpoints/command.ts';
import { systemClock, type Clock } from '../../src/runtime/clock.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { StoreReader } from '../../src/store/store.ts';
import { openStage, temporaryFolder, type Stage } from '../stage.ts';
import { FakeRuns, FakeServers, SALES } from './fakes.ts';

export const TOKEN = `eyJhbGciOiJSUzI1NiJ9.${'t0ken'.repeat(60)}.c2lnbmF0dXJl`;
export const BASE = '/pluginsv2/api/v2/openmetadata';

export interface AirflowAnswer {
  readonly status: number;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read responses of every shape
  readonly body: any;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly raw?: string | Buffer;
  readonly authorization?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OpenMetadataStage {
  readonly stage: Stage;
  readonly servers: FakeServers;
  readonly runs: FakeRuns;
  /** Everything that was logged. */
  readonly log: () => string;
  readonly authorization: string;
  /** A call as the server's client makes it; `path` is the whole path. */
  call(method: string, path: string, options?: CallOptions): Promise<AirflowAnswer>;
  get(name: string): Promise<AirflowAnswer>;
  post(name: string, body: unknown): Promise<AirflowAnswer>;
  /** Runs `control-plane openmetadata` on the data folder and returns what it prints. */
  command(...argv: string[]): Promise<string>;
  /** Reads the store beside the control plane. */
  read<T>(work: (read: StoreReader) => Promise<T>): Promise<T>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

interface StageOptions {
  readonly clock?: Clock;
  readonly deployQuietMs?: number;
  /** Calls the server that the endpoint names, instead of the stand-in. */
  readonly real?: boolean;
}

export async function openOpenMetadata(
  addOptions: readonly string[] = [],
  { clock = systemClock, deployQuietMs = 20, real = false }: StageOptions = {},
): Promise<OpenMetadataStage> {
  const folder = temporaryFolder();
  const keep = { path: folder.path, remove: () => undefined };
  const servers = new FakeServers();
  const runs = new FakeRuns();
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, collecting(lines));
  const open = (): Promise<Stage> =>
    openStage({ deployQuietMs }, keep, clock, {
      log,
      ...(real ? {} : { openMetadata: { servers, runs } }),
    });
  let stage = await open();
  const command = (...argv: string[]): Promise<string> => runCommand(stage.data, argv);
  const added = ['--name', 'prod', '--server', 'https://catalog.acme.example/api', '--json'];
  const { user, password } = JSON.parse(await command('add', ...added, ...addOptions)) as {
    user: string;
    password: string;
  };
  const authorization = basic(user, password);
  const call = (method: string, path: string, options: CallOptions = {}): Promise<AirflowAnswer> =>
    send(stage, method, path, { authorization, ...options });
  return {
    get stage() {
      return stage;
    },
    servers,
    runs,
    log: () => lines.join(''),
    authorization,
    call,
    get: (name) => call('GET', `${BASE}/${name}`),
    post: (name, body) => call('POST', `${BASE}/${name}`, { body }),
    command,
    read: async (work) => {
      const store = openSqliteStore(join(folder.path, 'store.sqlite'));
      try {
        return await work(store.read);
      } finally {
        await store.close();
      }
    },
    restart: async () => {
      await stage.close();
      stage = await open();
    },
    close: async () => {
      await stage.close();
      folder.remove();
    },
  };
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

export async function runCommand(data: string, argv: readonly string[]): Promise<string> {
  let printed = '';
  const [name = '', ...options] = argv;
  await runOpenMetadataCommand([name, '--data', data, ...options], (text) => {
    printed += text;
  });
  return printed;
}

/** The payload of a deployment, as a 1.12 server sends it. */
export function ingestionPipeline(over: Readonly<Record<string, unknown>> = {}): object {
  const { name = 'nightly' } = over;
  return {
    id: '0552e22c-0f2a-453f-b29c-85e330c0683b',
    name,
    displayName: 'Nightly',
    fullyQualifiedName: `sales.${String(name)}`,
    pipelineType: 'metadata',
    owners: [],
    sourceConfig: { config: { type: 'DatabaseMetadata', includeViews: true } },
    openMetadataServerConnection: {
      clusterName: 'openmetadata',
      hostPort: 'https://elsewhere.example/api',
      authProvider: 'openmetadata',
      securityConfig: { jwtToken: TOKEN },
    },
    airflowConfig: {
      pausePipeline: false,
      concurrency: 1,
      startDate: 1_795_824_000_000,
      pipelineTimezone: 'UTC',
      retries: 0,
      retryDelay: 300,
      pipelineCatchup: false,
      scheduleInterval: '0 3 * * *',
      maxActiveRuns: 1,
      workflowDefaultView: 'tree',
    },
    service: {
      id: SALES.id,
      type: 'databaseService',
      name: 'sales',
      fullyQualifiedName: 'sales',
      deleted: false,
    },
    loggerLevel: 'INFO',
    raiseOnError: true,
    deployed: false,
    enabled: true,
    enableStreamableLogs: false,
    version: 0.1,
    href: `http://localhost:8585/api/v1/services/ingestionPipelines/${randomUUID()}`,
    deleted: false,
    provider: 'user',
    ...over,
  };
}

function collecting(lines: string[]): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
}

function send(
  { port, ca }: Stage,
  method: string,
  path: string,
  { body, raw, authorization, headers = {} }: CallOptions,
): Promise<AirflowAnswer> {
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const sent = {
    'user-agent': 'Java-http-client/21.0.5',
    'content-type': 'application/json',
    ...(authorization === undefined ? {} : { authorization }),
    ...(payload === undefined ? {} : { 'content-length': Buffer.byteLength(payload) }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: 'localhost', port, ca, method, path, headers: sent, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.startsWith('application/json') === true;
          resolve({
            status: response.statusCode ?? 0,
            text,
            body: isJson ? JSON.parse(text) : undefined,
            headers: response.headers,
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}
