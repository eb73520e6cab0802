import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Latency } from '../src/control/latency.ts';
import { describe as describeObject } from '../src/org/describe.ts';
import { startSandbox, type Sandbox } from '../src/sandbox.ts';
import { apiOf, composite } from './client.ts';

const state = mkdtempSync(join(tmpdir(), 'sandbox-org-test-'));
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({
    objects: 60,
    state,
    proxyPort: 0,
    proxyCredentials: { username: 'me', password: 'secret' },
  });
});
afterAll(async () => {
  await sandbox.close();
  rmSync(state, { recursive: true });
});

describe('the admin endpoint', () => {
  const admin = async (
    method: string,
    path: string,
    body?: unknown,
    token = sandbox.adminToken,
  ): Promise<{ status: number; json: Record<string, unknown> }> => {
    const reply = await fetch(sandbox.adminUrl + path, {
      method,
      headers: { Authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: reply.status, json: (await reply.json()) as Record<string, unknown> };
  };

  it('requires its token', async () => {
    expect((await admin('GET', '/stats', undefined, 'wrong')).status).toBe(401);
  });

  it('counts calls by endpoint, bytes, sign-ins and concurrency', async () => {
    await admin('POST', '/stats/reset');
    const api = await apiOf(sandbox);
    await Promise.all([
      api('/sobjects'),
      api('/composite', composite([{ path: '/sobjects/Account/describe' }])),
    ]);
    const { json } = await admin('GET', '/stats');
    expect(json).toMatchObject({
      calls: { token: 1, describeGlobal: 1, composite: 1 },
      items: { describe: 1 },
      apiCalls: 2,
      httpRequests: 3,
      logins: 1,
    });
    expect(json['bytesOut']).toBeGreaterThan(50_000);
    expect(json['maxConcurrency']).toBeGreaterThan(0);
    expect((json['requests'] as object[]).at(-1)).toMatchObject({
      host: 'acme.my.salesforce.com',
      status: 200,
    });
    expect(JSON.stringify(json)).not.toContain(sandbox.credentials.consumerSecret);
  });

  it('installs and clears faults, expires sessions and edits the org', async () => {
    const api = await apiOf(sandbox);
    await admin('POST', '/faults', [
      { match: { path: '/limits$' }, effect: { kind: 'unavailable' } },
    ]);
    expect((await api('/limits')).status).toBe(503);
    await admin('DELETE', '/faults');
    expect((await api('/limits')).status).toBe(200);
    await admin('POST', '/org', [
      { kind: 'addObject', name: 'Fresh__c' },
      {
        kind: 'addField',
        object: 'Fresh__c',
        field: { name: 'Size__c', type: 'double', scale: 2 },
      },
    ]);
    expect((await api('/sobjects/Fresh__c/describe')).json()).toMatchObject({
      name: 'Fresh__c',
      custom: true,
    });
    await admin('POST', '/sessions/expire');
    expect((await api('/limits')).status).toBe(401);
  });

  it('reports the problem of a request', async () => {
    expect(await admin('POST', '/org', { kind: 'touch', object: 'Nope' })).toEqual({
      status: 400,
      json: { error: 'the org has no object Nope' },
    });
    expect(await admin('POST', '/org', { kind: 'paint', object: 'Account' })).toEqual({
      status: 400,
      json: { error: 'unknown kind of edit: paint' },
    });
    const size = { name: 'Size__c', type: 'double' };
    for (const [edit, error] of [
      [{ kind: 'touch', name: 'Account' }, 'touch has no property "name"; it has object'],
      [{ kind: 'removeObject' }, 'removeObject requires a valid "object"'],
      [{ kind: 'addField', object: 'Account' }, 'addField requires a valid "field"'],
      [{ kind: 'addField', object: 'Account', field: {} }, 'field requires a valid "name"'],
      [
        { kind: 'addField', object: 'Account', field: { ...size, type: 'whole' } },
        'field requires a valid "type"',
      ],
      [
        { kind: 'renameField', object: 'Account', field: 'Name', label: 5 },
        'renameField requires a valid "label"',
      ],
    ] as const)
      expect(await admin('POST', '/org', edit)).toEqual({ status: 400, json: { error } });
    expect((await admin('POST', '/faults', { match: {} })).status).toBe(400);
    expect((await admin('POST', '/faults', { effect: { kind: 'explode' } })).json).toEqual({
      error: 'fault rule: unknown effect: explode',
    });
    expect(
      await admin('POST', '/faults', [
        { effect: { kind: 'reset' } },
        { effect: { kind: 'redirect' } },
      ]),
    ).toEqual({ status: 400, json: { error: 'fault rule: redirect requires a valid "location"' } });
    expect((await admin('GET', '/stats')).status).toBe(200);
    for (const effect of [
      null,
      { kind: 'delay', ms: 'long' },
      { kind: 'respond', status: 99 },
      { kind: 'respond', status: 200, headers: { 'x y': 'z' } },
      { kind: 'redirect', location: 'https://x\r\n' },
      { kind: 'delay', ms: 1, of: 2 },
    ]) {
      expect([effect, (await admin('POST', '/faults', { effect })).status]).toEqual([effect, 400]);
    }
    for (const match of ['Account', { method: 5 }, { object: [5] }, { pth: '/limits' }])
      expect([
        match,
        (await admin('POST', '/faults', { match, effect: { kind: 'reset' } })).status,
      ]).toEqual([match, 400]);
    expect((await (await apiOf(sandbox))('/limits')).status).toBe(200);
    expect(
      (await admin('POST', '/faults', { match: { path: '(' }, effect: { kind: 'reset' } })).status,
    ).toBe(400);
    expect((await admin('GET', '/nothing')).status).toBe(404);
  });
});

describe('the proxy', () => {
  /** The status line that a CONNECT for this target gets. */
  async function connectTo(
    target: string,
    authorization = `Basic ${Buffer.from('me:secret').toString('base64')}`,
  ): Promise<string> {
    const { port } = new URL(sandbox.proxyUrl ?? '');
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: ${authorization}\r\n\r\n`,
    );
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return chunk.toString().split('\r\n')[0] ?? '';
  }

  it('forwards Salesforce host names to the sandbox and rejects others', async () => {
    expect(await connectTo('acme.my.salesforce.com:443')).toContain('200');
    expect(await connectTo('login.salesforce.com:443')).toContain('200');
    expect(await connectTo('example.com:443')).toContain('403');
    expect(await connectTo('acme.my.salesforce.com:22')).toContain('403');
    expect(await connectTo('acme.my.salesforce.com:443', 'Basic bm90OnJpZ2h0')).toContain('407');
    expect(sandbox.stats().proxy).toEqual({ connections: 2, rejected: 3 });
  });
});

describe('latency', () => {
  const noSuch = (name: string): never => {
    throw new Error(`the org has no ${name}`);
  };
  const latency = new Latency({ roundTrip: 60, serverTime: true, seed: 1 });

  it('has a median of 90 ms for a describe, grows with its size, and is a quarter for status 304', () => {
    const all = Array.from({ length: 999 }, (_, i) =>
      latency.describe(`Object${i}`, 50_000, false),
    ).sort((a, b) => a - b);
    expect(all[499]).toBeGreaterThan(80);
    expect(all[499]).toBeLessThan(100);
    expect((all[949] ?? 0) / (all[499] ?? 1)).toBeGreaterThan(1.5);
    expect(latency.describe('Account', 400_000, false)).toBeGreaterThan(
      2 * latency.describe('Account', 50_000, false),
    );
    expect(latency.describe('Account', 50_000, true)).toBeCloseTo(
      latency.describe('Account', 50_000, false) / 4,
    );
    expect(latency.describe('Account', 50_000, false)).toBe(
      new Latency({ roundTrip: 0, serverTime: true, seed: 1 }).describe('Account', 50_000, false),
    );
  });

  it('has no server time when it is not modeled', () => {
    const bare = new Latency({ roundTrip: 60, serverTime: false, seed: 1 });
    expect([bare.describe('Account', 50_000, false), bare.rows(2000), bare.signIn()]).toEqual([
      0, 0, 0,
    ]);
  });

  it('is one round trip for a call plus the server time of each part of a composite', async () => {
    const slow = await startSandbox({ objects: 60, latency: 40, state });
    try {
      const api = await apiOf(slow);
      const names = ['Account', 'Contact', 'Opportunity'];
      const sizes = names.map(
        (name) =>
          describeObject(
            slow.org,
            slow.org.list().find((entry) => entry.name === name) ?? noSuch(name),
            { version: '66.0', origin: 'https://acme.my.salesforce.com' },
          ).length,
      );
      const server = names.reduce(
        (sum, name, i) => sum + latency.describe(name, sizes[i] ?? 0, false),
        0,
      );
      const startedAt = performance.now();
      await api(
        '/composite',
        composite(names.map((name) => ({ path: `/sobjects/${name}/describe` }))),
      );
      expect(performance.now() - startedAt).toBeGreaterThan(40 + server - 5);
    } finally {
      await slow.close();
    }
  });
});
