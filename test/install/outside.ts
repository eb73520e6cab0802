import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlPlaneClient, type Run } from '../../demo/control-plane-client.ts';
import { Program } from '../support/program.ts';
import { Relay } from '../support/relay.ts';
import type { Network } from './machine.ts';

const root = resolve(import.meta.dirname, '../..');
const ENDED = ['success', 'partialSuccess', 'failed', 'cancelled', 'expired'];
/** As the README names them. */
export const CATALOG_HOST = 'catalog.example.com';
export const SALESFORCE_HOST = 'acme.my.salesforce.com';
export const PASSWORD_REFERENCE = 'secret:/salesforce/prod/password';

interface Sandbox {
  readonly port: number;
  readonly caFile: string;
  readonly credentials: { readonly username: string; readonly password: string };
}

export interface OutsideOptions {
  readonly objects: number;
  readonly latencyMs: number;
}

/**
 * A control plane and a Salesforce org outside of the machine that a runner is installed on, both
 * on port 443 of addresses of their own.
 */
export class Outside {
  readonly network: Network;
  readonly sandbox: Sandbox;
  readonly client: ControlPlaneClient;
  readonly #programs: readonly Program[];
  readonly #relay: Relay;
  readonly #directory: string;

  private constructor(
    network: Network,
    parts: {
      sandbox: Sandbox;
      client: ControlPlaneClient;
      programs: readonly Program[];
      relay: Relay;
      directory: string;
    },
  ) {
    this.network = network;
    this.sandbox = parts.sandbox;
    this.client = parts.client;
    this.#programs = parts.programs;
    this.#relay = parts.relay;
    this.#directory = parts.directory;
  }

  /** The addresses of the network must exist on this machine by now. */
  static async open(network: Network, { objects, latencyMs }: OutsideOptions): Promise<Outside> {
    const [catalog, salesforce] = network.outside as [string, string];
    const directory = mkdtempSync(join(tmpdir(), 'outside-'));
    const org = await Program.startReady([
      join(root, 'sandbox-org/src/main.ts'),
      '--objects',
      `${objects}`,
      '--latency',
      `${latencyMs}`,
      '--trusted-ranges',
      '127.0.0.0/8',
      '--state',
      join(directory, 'sandbox-org'),
      '--json',
    ]);
    const plane = await Program.startReady([
      join(root, 'control-plane/src/main.ts'),
      '--data',
      join(directory, 'control-plane'),
      '--host',
      catalog,
      '--port',
      '443',
      '--authority',
      `${CATALOG_HOST}:443`,
      '--lease-ttl',
      '6000',
      '--heartbeat-interval',
      '1500',
    ]);
    const { adminTokenFile, caFile } = plane.ready as { adminTokenFile: string; caFile: string };
    const sandbox = org.ready as unknown as Sandbox;
    const relay = await Relay.open({ port: sandbox.port, listen: { host: salesforce, port: 443 } });
    const client = new ControlPlaneClient(
      `https://${catalog}/`,
      readFileSync(adminTokenFile, 'utf8').trim(),
      readFileSync(caFile, 'utf8'),
    );
    return new Outside(network, {
      sandbox,
      client,
      programs: [plane.program, org.program],
      relay,
      directory: join(directory),
    });
  }

  /** Lines for /etc/hosts. */
  get hosts(): string {
    const [catalog, salesforce] = this.network.outside;
    return `${catalog} ${CATALOG_HOST}\n${salesforce} ${SALESFORCE_HOST}\n`;
  }

  /** Certificates that a company's machines would trust, by file name. */
  get authorities(): Readonly<Record<string, string>> {
    return {
      'catalog.crt': readFileSync(join(this.#directory, 'control-plane/tls/ca.pem'), 'utf8'),
      'salesforce.crt': readFileSync(this.sandbox.caFile, 'utf8'),
    };
  }

  async enrollmentToken(): Promise<string> {
    return (await this.client.call<{ token: string }>('POST', '/api/v1/enrollment-tokens', {}))
      .token;
  }

  async createPipeline(): Promise<void> {
    await this.client.call('PUT', '/api/v1/services/prod', {
      type: 'Salesforce',
      connection: {
        type: 'Salesforce',
        username: this.sandbox.credentials.username,
        password: PASSWORD_REFERENCE,
        salesforceDomain: 'acme.my',
      },
    });
    await this.client.call('PUT', '/api/v1/pipelines/metadata', {
      service: 'prod',
      sourceConfig: { type: 'DatabaseMetadata' },
    });
  }

  async connected(): Promise<boolean> {
    const { runners } = await this.client.call<{ runners: { connected: boolean }[] }>(
      'GET',
      '/api/v1/runners',
    );
    return runners.some((runner) => runner.connected);
  }

  async startRun(): Promise<string> {
    return (await this.client.call<Run>('POST', '/api/v1/pipelines/metadata/runs')).id;
  }

  run(id: string): Promise<Run> {
    return this.client.call<Run>('GET', `/api/v1/runs/${id}`);
  }

  /** A run that is in the middle of its work. */
  async runInside(): Promise<string> {
    const id = await this.startRun();
    await this.waitFor('a run to be in progress', async () => (await this.run(id)).records > 3);
    return id;
  }

  async ended(id: string): Promise<Run> {
    await this.waitFor(
      'a run to end',
      async () => ENDED.includes((await this.run(id)).state),
      120_000,
    );
    return this.run(id);
  }

  async tables(): Promise<number> {
    return (
      await this.client.call<{ tables: unknown[] }>('GET', '/api/v1/tables?service=prod&limit=500')
    ).tables.length;
  }

  async waitFor(what: string, condition: () => Promise<boolean>, ms = 60_000): Promise<void> {
    for (const end = Date.now() + ms; Date.now() < end; await delay(50)) {
      if (await condition().catch(() => false)) return;
    }
    throw new Error(
      `waited ${ms} ms for ${what}; the control plane said:\n${this.#programs[0]!.output.slice(-3000)}`,
    );
  }

  async close(): Promise<void> {
    this.client.close();
    await this.#relay.close();
    await Promise.all(this.#programs.map((program) => program.end('SIGTERM')));
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
