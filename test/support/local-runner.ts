import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from '../../sandbox-org/src/sandbox.ts';
import type { EntityRecord, OutcomeRecord, RunRecord } from '../../foundation/src/domain/record.ts';
import { Place, type Result } from '../cli/command-line.ts';
import { storeInVault } from './vault.ts';
import { settle } from './settled-policy.ts';

export interface SecretRule {
  readonly ref: string;
  readonly connector: string;
  readonly fields: readonly string[];
  readonly hosts: readonly string[];
}

/**
 * Additions to the files of the sandbox org: other hosts on this machine, trusted CAs, and policy
 * rules for more secrets.
 */
export interface LocalRunnerOptions {
  readonly connectTo?: readonly string[];
  readonly caPem?: string;
  readonly rules?: readonly SecretRule[];
}

export interface Ingestion extends Result {
  /** The content of the `--out` file. */
  readonly records: readonly RunRecord[];
  readonly outcome: OutcomeRecord | undefined;
}

const PASSWORD = 'secret:/salesforce/password';
const TOKEN = 'secret:/salesforce/security-token';

/** A runner with configuration, policy and vault for a sandbox org, without a control plane. */
export class LocalRunner {
  readonly place = new Place();
  readonly #sandbox: Sandbox;

  private constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  static async install(sandbox: Sandbox, options: LocalRunnerOptions = {}): Promise<LocalRunner> {
    const runner = new LocalRunner(sandbox);
    runner.#writeFiles(options);
    await runner.store({
      [PASSWORD]: sandbox.credentials.password,
      [TOKEN]: sandbox.credentials.securityToken,
    });
    return runner;
  }

  /** Stores secrets in the vault, by reference. */
  store(secrets: Readonly<Record<string, string>>): Promise<void> {
    return storeInVault(
      this.place.stateDir,
      join(this.place.directory, 'keys', 'vault.key'),
      secrets,
    );
  }

  /** A workflow document for the org; `more` overrides its top level. */
  workflow(
    more: Readonly<Record<string, unknown>> = {},
    sourceConfig: Readonly<Record<string, unknown>> = {},
  ): Record<string, unknown> {
    const { credentials, myDomain } = this.#sandbox;
    const config = {
      type: 'Salesforce',
      username: credentials.username,
      password: PASSWORD,
      securityToken: TOKEN,
      salesforceDomain: myDomain,
    };
    return {
      source: {
        type: 'salesforce',
        serviceName: 'crm',
        serviceConnection: { config },
        sourceConfig: { config: { type: 'DatabaseMetadata', ...sourceConfig } },
      },
      workflowConfig: {},
      ...more,
    };
  }

  /** `ingest` without a file: records go to the workflow's sink only. */
  async ingestToSink(
    workflow: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
    return await this.place.call([
      'ingest',
      '--workflow',
      this.place.file('workflow.json', JSON.stringify(workflow)),
    ]);
  }

  /** `ingest --out`. */
  async ingest(
    workflow: Readonly<Record<string, unknown>>,
    ...flags: string[]
  ): Promise<Ingestion> {
    const out = join(this.place.directory, 'results.jsonl');
    const result = await this.place.call([
      'ingest',
      '--workflow',
      this.place.file('workflow.json', JSON.stringify(workflow)),
      '--out',
      out,
      ...flags,
    ]);
    const records = existsSync(out)
      ? readFileSync(out, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as RunRecord)
      : [];
    return { ...result, records, outcome: records.find((record) => record.kind === 'outcome') };
  }

  close(): void {
    this.place.close();
  }

  /** JSON is valid YAML. */
  #writeFiles({ connectTo = [], caPem = '', rules = [] }: LocalRunnerOptions): void {
    const { hosts, port, myDomain, caPem: orgCa } = this.#sandbox;
    const { place } = this;
    const policyFile = place.file(
      'policy.yaml',
      JSON.stringify({
        version: 1,
        secrets: [
          {
            ref: '/salesforce/*',
            connector: 'salesforce',
            fields: ['password', 'securityToken'],
            hosts: [`${myDomain}.salesforce.com`],
          },
          ...rules,
        ],
      }),
    );
    settle(policyFile);
    place.file(
      'runner.yaml',
      JSON.stringify({
        name: 'local',
        stateDir: place.stateDir,
        policyFile,
        secrets: { vault: { keyFile: join(place.directory, 'keys', 'vault.key') } },
        network: {
          connectTo: [...hosts.map((host) => `${host}:443=127.0.0.1:${port}`), ...connectTo],
          caFile: place.file('ca.pem', orgCa + caPem),
        },
      }),
    );
  }
}

export function entitiesOf(records: readonly RunRecord[]): EntityRecord[] {
  return records.filter((record) => record.kind === 'entity');
}
