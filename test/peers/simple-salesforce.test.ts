import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox-org/src/sandbox.ts';
import { openVenv } from './venv.ts';

const SCRIPT = join(import.meta.dirname, 'simple_salesforce_peer.py');
const venv = await openVenv({ name: 'simple-salesforce', install: ['simple-salesforce>=1.12,<2'] });

interface PeerResult {
  readonly refused?: string;
  readonly text?: string;
  readonly [key: string]: unknown;
}

async function runPeer(
  sandbox: Sandbox,
  mode: string,
  changed: Record<string, string> = {},
): Promise<PeerResult> {
  const child = spawn('python' in venv ? venv.python : '', [SCRIPT], {
    env: {
      PATH: process.env['PATH'],
      HTTPS_PROXY: sandbox.proxyUrl ?? '',
      REQUESTS_CA_BUNDLE: sandbox.caFile,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(
    JSON.stringify({
      mode,
      ...sandbox.credentials,
      organizationId: sandbox.organizationId,
      ...changed,
    }),
  );
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString()) as PeerResult;
}

describe.skipIf('obstacle' in venv)('simple-salesforce against the sandbox org', () => {
  const state = mkdtempSync(join(tmpdir(), 'sandbox-org-peer-'));
  let outside: Sandbox;
  let inside: Sandbox;

  beforeAll(async () => {
    outside = await startSandbox({ objects: 120, proxyPort: 0, state });
    inside = await startSandbox({
      objects: 120,
      proxyPort: 0,
      state,
      trustedRanges: ['127.0.0.0/8'],
    });
  });
  afterAll(async () => {
    await Promise.all([outside.close(), inside.close()]);
    rmSync(state, { recursive: true });
  });

  it('signs in with a security token, describes, pages through records and queries the Tooling API', async () => {
    const found = await runPeer(outside, 'token');
    const account = outside.org.fields('Account');
    expect(found).toMatchObject({
      instance: 'acme.my.salesforce.com',
      accountFields: account.length,
      limits: 100_000,
    });
    expect(found['objects']).toEqual(outside.org.list().map(({ name }) => name));
    expect(found['rows']).toBeGreaterThan(2_000);
    expect(found['counted']).toBe(found['rows']);
    expect(found['fieldDefinitions']).toBeGreaterThan(100);
    expect(String(found['organization']).slice(0, 15)).toBe(outside.organizationId);
    expect(found['missing']).toMatchObject({ type: 'SalesforceResourceNotFound' });
    expect(found['malformed']).toMatchObject({ type: 'SalesforceMalformedRequest' });
    expect(outside.stats().proxy.connections).toBeGreaterThan(0);
  });

  it('is asked for a security token outside the trusted ranges', async () => {
    expect(await runPeer(outside, 'organization')).toMatchObject({
      refused: 'LOGIN_MUST_USE_SECURITY_TOKEN',
    });
  });

  it('signs in by organization id from a trusted range', async () => {
    expect(await runPeer(inside, 'organization')).toMatchObject({
      instance: 'acme.my.salesforce.com',
      limits: 100_000,
    });
  });

  it('is rejected with the id of another organization', async () => {
    expect(
      await runPeer(inside, 'organization', { organizationId: '00D000000000062' }),
    ).toMatchObject({ refused: 'INVALID_LOGIN' });
  });

  it('signs in with client credentials', async () => {
    expect(await runPeer(outside, 'client')).toMatchObject({ instance: 'acme.my.salesforce.com' });
    expect(await runPeer(outside, 'client', { consumerSecret: 'wrong' })).toMatchObject({
      refused: 'invalid_client',
    });
  });
});
