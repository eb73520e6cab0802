import { join } from 'node:path';
import { expect } from 'vitest';
import type { Sandbox } from '../../sandbox-org/src/sandbox.ts';
import type { CreateTable } from '../../openmetadata/src/entities.ts';
import { entitiesOf, LocalRunner } from '../support/local-runner.ts';
import { runScript } from './openmetadata.ts';

const SCRIPT = join(import.meta.dirname, 'openmetadata_peer.py');

/** One extraction, and what it cost the org. */
export interface Extraction {
  readonly tables: ReadonlyMap<string, CreateTable>;
  readonly failures: readonly unknown[];
  readonly apiCalls: number;
  readonly seconds: number;
}

function extraction(
  sandbox: Sandbox,
  started: number,
  tables: readonly CreateTable[],
  failures: readonly unknown[],
): Extraction {
  return {
    tables: new Map(tables.map((table) => [table.name, table])),
    failures,
    apiCalls: sandbox.stats().apiCalls,
    seconds: (performance.now() - started) / 1000,
  };
}

export async function theirExtraction(sandbox: Sandbox, python: string): Promise<Extraction> {
  sandbox.resetStats();
  const started = performance.now();
  const { username, password, securityToken } = sandbox.credentials;
  const text = await runScript(
    python,
    SCRIPT,
    JSON.stringify({
      type: 'salesforce',
      serviceName: 'crm',
      sourceConfig: { config: { type: 'DatabaseMetadata' } },
      serviceConnection: {
        config: {
          type: 'Salesforce',
          username,
          password,
          securityToken,
          salesforceDomain: sandbox.myDomain,
          salesforceApiVersion: '64.0',
        },
      },
    }),
    { HTTPS_PROXY: sandbox.proxyUrl ?? '', REQUESTS_CA_BUNDLE: sandbox.caFile },
  );
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly kind: string; readonly request: CreateTable });
  return extraction(
    sandbox,
    started,
    lines.filter(({ kind }) => kind === 'table').map(({ request }) => request),
    lines.filter(({ kind }) => kind === 'failure'),
  );
}

export async function ourExtraction(sandbox: Sandbox): Promise<Extraction> {
  const runner = await LocalRunner.install(sandbox);
  try {
    sandbox.resetStats();
    const started = performance.now();
    const { code, stderr, records } = await runner.ingest(runner.workflow());
    expect(code, stderr).toBe(0);
    const tables = entitiesOf(records)
      .filter(({ type }) => type === 'table')
      .map(({ request }) => request as unknown as CreateTable);
    return extraction(
      sandbox,
      started,
      tables,
      records.filter(({ kind }) => kind === 'failure'),
    );
  } finally {
    runner.close();
  }
}
