import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openStage, type Stage } from '../../control-plane/test/stage.ts';
import { createConnect } from '../../foundation/src/network/open.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { loadConnectors } from '../../src/connectors/registry.ts';
import { diagnose } from '../../src/doctor/doctor.ts';
import type { Finding, Status } from '../../src/doctor/finding.ts';
import { thisMachine, type DoctorOptions, type Machine } from '../../src/doctor/options.ts';
import type { Report } from '../../src/doctor/report.ts';
import { noSeal } from '../../src/sealing/seal.ts';
import { enrollRunner } from '../../src/link/enrollment/enroll.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { workerEntry } from '../../src/worker/entry.ts';
import { startHttpsServer, type HttpsServer } from './https-server.ts';
import { TestHost } from './service-host.ts';
import { storeInVault } from './vault.ts';

export const SOURCE = 'acme.my.salesforce.com';
export const PASSWORD = 'correct horse battery';
/** What is broken is found at once; what works may take long on a busy machine. */
const PATIENT_MS = 60_000;
const REFERENCE = '/salesforce/prod/password';

interface Changes {
  readonly machine?: Partial<Machine>;
  readonly options?: Partial<DoctorOptions>;
  readonly env?: NodeJS.ProcessEnv;
  /** Another one than that of the scene. */
  readonly configFile?: string;
}

/**
 * A runner that lacks nothing: enrolled with a real control plane, with a secret, a rule for it,
 * and a source with TLS. Tests break one part of it and ask the doctor.
 */
export class DoctorScene {
  readonly directory = mkdtempSync(join(tmpdir(), 'doctor-'));
  readonly stateDir = join(this.directory, 'state');
  readonly policyFile = join(this.directory, 'policy.yaml');
  readonly configFile = join(this.directory, 'runner.yaml');
  readonly keyFile = join(this.directory, 'keys', 'vault.key');
  readonly host = new TestHost(this.directory);
  readonly plane: Stage;
  readonly source: HttpsServer;
  runnerId = '';
  #config: Record<string, unknown> = {};

  private constructor(plane: Stage, source: HttpsServer) {
    this.plane = plane;
    this.source = source;
    this.host.systemdRuns = false;
  }

  static async open(): Promise<DoctorScene> {
    const [plane, source] = await Promise.all([
      openStage(),
      startHttpsServer([SOURCE], (_request, response) => response.end()),
    ]);
    const scene = new DoctorScene(plane, source);
    await scene.#prepare();
    return scene;
  }

  get authority(): string {
    return `localhost:${this.plane.port}`;
  }

  async #prepare(): Promise<void> {
    chmodSync(this.directory, 0o700);
    mkdirSync(this.stateDir, { mode: 0o700 });
    const sourceCa = this.file('source-ca.pem', this.source.caPem);
    this.configure({
      stateDir: this.stateDir,
      name: 'test',
      controlPlane: { caFile: this.file('plane-ca.pem', this.plane.ca) },
      network: {
        caFile: sourceCa,
        connectTo: [`${SOURCE}:443=127.0.0.1:${this.source.port}`],
      },
      secrets: { vault: { keyFile: this.keyFile } },
    });
    this.policy({});
    await storeInVault(this.stateDir, this.keyFile, { [`secret:${REFERENCE}`]: PASSWORD });
    await this.#enroll();
  }

  async #enroll(): Promise<void> {
    const answer = await this.plane.api.post('/api/v1/enrollment-tokens', {});
    const direct = { connectTo: [], proxy: undefined, noProxy: [] };
    const network = { ...direct, extraCa: [this.plane.ca], publicCas: false };
    const { runnerId } = await enrollRunner({
      url: `wss://${this.authority}`,
      token: (answer.body as { readonly token: string }).token,
      stateDir: this.stateDir,
      name: 'test',
      version: '0.1.0',
      platform: 'test',
      replace: false,
      record: () => Promise.resolve(),
      save: () => Promise.resolve(),
      seal: noSeal,
      connect: createConnect(network),
      clock: systemClock,
      signal: AbortSignal.timeout(60_000),
    });
    this.runnerId = runnerId;
  }

  /** A file beside the configuration. Returns its path. */
  file(name: string, content: string, mode = 0o600): string {
    const path = join(this.directory, name);
    writeFileSync(path, content, { mode });
    chmodSync(path, mode);
    return path;
  }

  folder(name: string): string {
    const path = join(this.directory, name);
    mkdirSync(path, { mode: 0o700 });
    return path;
  }

  /** Changes the configuration file; nested settings are merged. */
  configure(changes: Readonly<Record<string, unknown>>): void {
    for (const [key, value] of Object.entries(changes)) {
      const known = this.#config[key];
      this.#config[key] = isMapping(known) && isMapping(value) ? { ...known, ...value } : value;
    }
    this.file('runner.yaml', JSON.stringify(this.#config));
  }

  /** Adds a rule of network.connectTo. */
  lead(from: string, port: number): void {
    const { network } = this.#config as { network: { connectTo: string[] } };
    const others = network.connectTo.filter((rule) => !rule.startsWith(`${from}=`));
    this.configure({ network: { connectTo: [...others, `${from}=127.0.0.1:${port}`] } });
  }

  /** Replaces the policy with rules like the first one. */
  policy(...rules: readonly Readonly<Record<string, unknown>>[]): void {
    const rule = {
      ref: REFERENCE,
      connector: 'salesforce',
      fields: ['password'],
      hosts: [SOURCE],
    };
    const secrets = rules.map((changes) => ({ ...rule, ...changes }));
    this.file('policy.yaml', JSON.stringify({ version: 1, secrets }));
  }

  vault(): Buffer {
    return readFileSync(join(this.stateDir, 'vault.json'));
  }

  store(secrets: Readonly<Record<string, string>>): Promise<void> {
    return storeInVault(this.stateDir, this.keyFile, secrets);
  }

  /** `machine` and `options` replace parts of the real ones. */
  async diagnose({
    machine,
    options,
    env = {},
    configFile = this.configFile,
  }: Changes = {}): Promise<Report> {
    const context = {
      env,
      workingDir: this.directory,
      actsForSystem: false,
      home: this.directory,
      hostname: 'host',
      credentialsDir: undefined,
      join,
    };
    const report = await diagnose(
      {
        machine: {
          ...thisMachine(),
          host: this.host,
          coreDumpFilter: this.#noMemory(),
          ...machine,
        },
        env,
        version: '0.1.0',
        platform: 'test',
        settings: async () => loadConfig({ configFile, flags: {}, context }),
        sealing: () => undefined,
        recordRead: () => Promise.resolve(),
        workerEntry,
        connectors: loadConnectors,
        testConnection: undefined,
        redactor: createRedactor(),
        timeoutMs: PATIENT_MS,
        only: [],
        onResult: () => undefined,
        ...options,
      },
      AbortSignal.timeout(60_000),
    );
    expectRemedies(report);
    return report;
  }

  /** As in the program, which excludes its memory from core dumps. */
  #noMemory(): string {
    return this.file('coredump_filter', '00000000\n');
  }

  async close(): Promise<void> {
    await this.plane.close();
    this.source.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Every report has one remedy for each failure and each warning, and none for the rest. */
function expectRemedies({ checks }: Report): void {
  for (const { status, subject, remedy } of checks.flatMap((check) => check.findings))
    expect([subject, remedy !== undefined]).toEqual([subject, ['warn', 'fail'].includes(status)]);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Findings with this status, as `check: subject: detail`. */
export function findings({ checks }: Report, status: Status): readonly string[] {
  return checks.flatMap((check) =>
    check.findings
      .filter((finding) => finding.status === status)
      .map((finding) => `${check.name}: ${text(finding)}`),
  );
}

/** The first failure, as `check: subject: detail`. */
export function firstFailure({ firstFailure: first }: Report): string {
  return first === null ? 'nothing failed' : `${first.check}: ${text(first)}`;
}

function text({ subject, detail }: Finding): string {
  return `${subject}: ${detail}`;
}
