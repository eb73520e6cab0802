import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { createConnect } from '../../foundation/src/network/open.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import type { Connect } from '../../foundation/src/network/connect.ts';
import { createManagerHttp, type ManagerResponse } from '../../src/secrets/managers/http.ts';
import { createAuthority } from '../support/certificates.ts';

const HOST = 'vault.example';
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
const signal = new AbortController().signal;

/** A Vault server of its own for one test, unsealed, with a root token. */
export class RealVault {
  readonly directory: string;
  readonly url: string;
  readonly caPem: string;
  readonly connect: Connect;
  readonly #server: ChildProcess;
  #rootToken = '';
  #unsealKey = '';

  private constructor(
    started: Pick<RealVault, 'directory' | 'caPem'> & { port: number; server: ChildProcess },
  ) {
    this.directory = started.directory;
    this.caPem = started.caPem;
    this.url = `https://${HOST}`;
    this.#server = started.server;
    this.connect = createConnect({
      connectTo: [
        { from: { host: HOST, port: 443 }, to: { host: '127.0.0.1', port: started.port } },
      ],
      proxy: undefined,
      noProxy: [],
      extraCa: [started.caPem],
      publicCas: false,
    });
  }

  static async start(program: string): Promise<RealVault> {
    const directory = mkdtempSync(join(tmpdir(), 'real-vault-'));
    const authority = await createAuthority();
    const { certPem, keyPem } = await authority.issue([HOST]);
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
    writeFileSync(cert, certPem);
    writeFileSync(key, keyPem, { mode: 0o600 });
    const server = spawn(program, [cert, key], { stdio: ['pipe', 'pipe', 'ignore'] });
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const port = Number(line.toString());
    const vault = new RealVault({ directory, caPem: authority.caPem, port, server });
    onTestFinished(() => {
      server.kill();
      rmSync(directory, { recursive: true });
    });
    await vault.#initialize();
    return vault;
  }

  async #initialize(): Promise<void> {
    await this.#answers();
    const { status, json } = await this.request('PUT', 'sys/init', {
      secret_shares: 1,
      secret_threshold: 1,
    });
    if (status !== 200) throw new Error(`init: ${status}`);
    const { keys, root_token: token } = json() as { keys: string[]; root_token: string };
    this.#unsealKey = keys[0]!;
    this.#rootToken = token;
    await this.unseal();
    await this.must('PUT', 'sys/audit/file', {
      type: 'file',
      options: { file_path: join(this.directory, 'audit.log') },
    });
  }

  async #answers(): Promise<void> {
    for (let tries = 0; tries < 300; tries++) {
      if (this.#server.exitCode !== null) break;
      try {
        await this.request('GET', 'sys/init');
        return;
      } catch {
        await pause(100);
      }
    }
    throw new Error('the Vault server did not start');
  }

  async unseal(): Promise<void> {
    await this.must('PUT', 'sys/unseal', { key: this.#unsealKey });
    for (let tries = 0; tries < 100; tries++) {
      if ((await this.request('GET', 'sys/health')).status === 200) return;
      await pause(50);
    }
    throw new Error('the Vault server is not active');
  }

  /** Requests of the runner, by their path: all but those with the root token. */
  requestsTo(path: RegExp): number {
    return readFileSync(join(this.directory, 'audit.log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as AuditLine)
      .filter(
        ({ type, request, auth }) =>
          type === 'response' && !isRoot(auth) && path.test(request.path),
      ).length;
  }

  request(method: Method, path: string, body?: unknown): Promise<ManagerResponse> {
    const call = createManagerHttp(
      { origin: this.url, caFile: undefined },
      { connect: this.connect, clock: systemClock },
    );
    const headers = { 'x-vault-token': this.#rootToken };
    return call({ method, path: `/v1/${path}`, headers, body }, signal);
  }

  async must(method: Method, path: string, body?: unknown): Promise<unknown> {
    const response = await this.request(method, path, body);
    if (response.status === 204) return undefined;
    if (response.status === 200) return response.json();
    throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(response.json())}`);
  }
}

interface AuditLine {
  readonly type: string;
  readonly request: { readonly path: string };
  readonly auth?: { readonly policies?: readonly string[] };
}

function isRoot(auth: AuditLine['auth']): boolean {
  return auth?.policies?.includes('root') === true;
}
