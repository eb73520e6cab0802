/** A complete control plane on its own port, for tests: real TLS, real store, real sockets. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import { systemClock, type Clock } from '../src/runtime/clock.ts';
import { startControlPlane, type ControlPlaneOptions } from '../src/control-plane.ts';
import { DEFAULT_LIMITS, type Limits } from '../src/limits.ts';
import { ownTls } from '../src/server/tls.ts';
import { newKey, type Identity, type Target } from './fake-runner.ts';

export const ADMIN_TOKEN = 'an-admin-token-for-tests';

export interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read responses of every shape
  readonly body: any;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Api {
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  put(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  patch(path: string, body: unknown): Promise<Answer>;
  delete(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export interface Stage extends Target {
  readonly data: string;
  readonly api: Api;
  readonly probePort: number | undefined;
  enroll(name?: string): Promise<Identity>;
  close(): Promise<void>;
}

const MEMORY = '/dev/shm';
/** Much more than the stores of all workers take. */
const ENOUGH_BYTES = 500e6;

/** Stores sync each commit, and no test is about a machine that fails. */
const PLACE = isRoomy(MEMORY) ? MEMORY : tmpdir();

function isRoomy(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > ENOUGH_BYTES;
}

/** In memory where possible. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(PLACE, 'control-plane-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The system clock, with a wall clock that can jump and monotonic time that can be skipped. */
export class SteppedClock implements Clock {
  #offset = 0;
  #skipped = 0;

  monotonic(): number {
    return systemClock.monotonic() + this.#skipped;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }

  now(): number {
    return systemClock.now() + this.#offset;
  }

  step(ms: number): void {
    this.#offset += ms;
  }

  skip(ms: number): void {
    this.#skipped += ms;
  }
}

export async function openStage(
  limits: Partial<Limits> = {},
  data = temporaryFolder(),
  clock: Clock = systemClock,
  parts: Partial<
    Pick<ControlPlaneOptions, 'openMetadata' | 'log' | 'probes' | 'tracer' | 'onFirstConnection'>
  > = {},
): Promise<Stage> {
  const tls = await ownTls(join(data.path, 'tls'), ['localhost', '127.0.0.1'], Date.now());
  const ca = readFileSync(tls.caFile, 'utf8');
  const running = await startControlPlane({
    host: '127.0.0.1',
    names: ['localhost', '127.0.0.1'],
    port: 0,
    data: data.path,
    tls,
    adminToken: ADMIN_TOKEN,
    authorities: [],
    clock,
    random: randomBytes,
    limits: { ...DEFAULT_LIMITS, ...limits },
    log: testLog(),
    ...parts,
  });
  const target = { port: running.port, ca };
  const api = client(target, ADMIN_TOKEN);
  return {
    ...target,
    data: data.path,
    probePort: running.probePort,
    api,
    enroll: (name) => enrollVia(api, name),
    close: async () => {
      await running.close();
      data.remove();
    },
  };
}

function testLog(): Logger {
  return pino({ level: process.env['TEST_LOG'] ?? 'silent' });
}

export async function enrollVia(api: Api, name = 'runner'): Promise<Identity> {
  const { token } = (await api.post('/api/v1/enrollment-tokens', {})).body as { token: string };
  const { key, publicKey } = newKey();
  const answer = await api.post('/runner/v1/enroll', {
    token,
    publicKey,
    name,
    version: '0.1.0',
    platform: 'test',
  });
  return { runnerId: (answer.body as { runnerId: string }).runnerId, key };
}

/** Reads share a connection: a handshake for each poll would take most of a test's time. */
export function client(target: Target, token: string | undefined): Api {
  const kept = new Agent({ keepAlive: true });
  const send = (options: CallOptions): Promise<Answer> => call(target, token, options);
  return {
    get: (path) => send({ method: 'GET', path, agent: kept }),
    post: (path, body) => send({ method: 'POST', path, body }),
    put: (path, body, headers) => send({ method: 'PUT', path, body, headers }),
    patch: (path, body) => send({ method: 'PATCH', path, body }),
    delete: (path, headers) => send({ method: 'DELETE', path, headers }),
  };
}

interface CallOptions {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Without one, the call has a connection of its own. */
  readonly agent?: Agent;
}

function call(
  { port, ca }: Target,
  token: string | undefined,
  { method, path, body, headers: more, agent }: CallOptions,
): Promise<Answer> {
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...more,
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: 'localhost', port, ca, method, path, headers, agent: agent ?? false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.startsWith('application/json') === true;
          resolve({
            status: response.statusCode ?? 0,
            body: isJson ? JSON.parse(text) : undefined,
            headers: response.headers,
            text,
          });
        });
      },
    );
    sent.on('error', (error) => {
      // The server has closed the kept connection meanwhile.
      if (sent.reusedSocket) resolve(call({ port, ca }, token, { method, path, headers: more }));
      else reject(error);
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Polls until `check` returns a value. */
export async function eventually<T>(
  check: () => Promise<T | undefined | false>,
  timeoutMs = 240_000,
): Promise<T> {
  for (const start = Date.now(); ;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    if (Date.now() - start > timeoutMs) throw new Error('condition not met in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const SERVICE = {
  type: 'Salesforce',
  connection: {
    username: 'etl@acme.example',
    password: 'secret:/salesforce/sandbox/password',
    salesforceDomain: 'acme.my',
  },
};

/** Creates a service and a pipeline. */
export async function prepareCatalog(api: Api, runner?: string): Promise<void> {
  await createOrReplace(api, '/api/v1/services/sandbox', {
    ...SERVICE,
    ...(runner === undefined ? {} : { runner }),
  });
  await createOrReplace(api, '/api/v1/pipelines/sandbox_metadata', {
    service: 'sandbox',
    sourceConfig: { tableFilterPattern: { includes: ['.*'] } },
  });
}

async function createOrReplace(api: Api, path: string, body: unknown): Promise<void> {
  const { status } = await api.get(path);
  const answer = await api.put(
    path,
    body,
    status === 404 ? { 'if-none-match': '*' } : { 'if-match': '*' },
  );
  if (answer.status !== 200)
    throw new Error(`PUT ${path} responded with status ${answer.status}: ${answer.text}`);
}

export async function startRun(api: Api): Promise<string> {
  return ((await api.post('/api/v1/pipelines/sandbox_metadata/runs')).body as { id: string }).id;
}
