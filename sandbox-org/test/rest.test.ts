import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startSandbox, type Sandbox } from '../src/sandbox.ts';
import { apiOf, call, queryPath, signIn, type JsonReply, type TestCall } from './client.ts';

let sandbox: Sandbox;
let api: (path: string, more?: Partial<TestCall>) => Promise<JsonReply>;
let clock = Date.UTC(2026, 10, 24, 10);

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 150, sessionTimeout: 600, now: () => clock });
});
beforeEach(async () => {
  clock += 5_000;
  api = await apiOf(sandbox);
  sandbox.resetStats();
});
afterAll(() => sandbox.close());

type Errors = { errorCode: string; message: string }[];
describe('versions', () => {
  it('lists versions without a session and without counting', async () => {
    const reply = await call(sandbox, { path: '/services/data/' });
    const versions = JSON.parse(reply.text) as { version: string; label: string }[];
    expect(versions[0]).toMatchObject({ version: '31.0', label: "Summer '14" });
    expect(versions.at(-1)).toMatchObject({ version: '68.0', label: "Winter '27" });
    expect(reply.headers['sforce-limit-info']).toBeUndefined();
  });

  it('rejects a retired version as gone', async () => {
    const reply = await call(sandbox, { path: '/services/data/v30.0/sobjects' });
    expect(reply.status).toBe(410);
    expect((JSON.parse(reply.text) as Errors)[0]?.errorCode).toBe('UNSUPPORTED_API_VERSION');
  });
});

describe('sessions and billing', () => {
  it('rejects a call without a session', async () => {
    const reply = await call(sandbox, { path: '/services/data/v66.0/sobjects' });
    expect(reply.status).toBe(401);
    expect(JSON.parse(reply.text)).toEqual([
      { message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' },
    ]);
  });

  it('expires an inactive session; each call restarts the timer', async () => {
    for (let i = 0; i < 3; i++) {
      clock += 400_000;
      expect((await api('/limits')).status).toBe(200);
    }
    clock += 601_000;
    expect((await api('/limits')).status).toBe(401);
  });

  it('reports the usage in each response', async () => {
    await api('/limits');
    expect((await api('/limits')).headers['sforce-limit-info']).toBe('api-usage=2/100000');
  });

  it('rejects calls once the allocation is used up', async () => {
    const small = await startSandbox({ objects: 20, dailyLimit: 2 });
    try {
      const smallApi = await apiOf(small);
      await smallApi('/limits');
      await smallApi('/limits');
      const reply = await smallApi('/limits');
      expect(reply.status).toBe(403);
      expect(reply.json()).toEqual([
        { message: 'TotalRequests Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' },
      ]);
    } finally {
      await small.close();
    }
  });
});

describe('describe', () => {
  it('lists all objects, then responds 304 until a change', async () => {
    const first = await api('/sobjects');
    expect(first.json<{ sobjects: unknown[] }>().sobjects).toHaveLength(150);
    const since = { headers: { 'If-Modified-Since': new Date(clock).toUTCString() } };
    const again = await api('/sobjects', since);
    expect([again.status, again.text]).toEqual([304, '']);
    sandbox.org.edit({ kind: 'touch', object: 'Lead' });
    expect((await api('/sobjects', since)).status).toBe(200);
  });

  it('never misses a change within the second of the date', async () => {
    const since = { headers: { 'If-Modified-Since': new Date(clock).toUTCString() } };
    clock += 700;
    sandbox.org.edit({ kind: 'touch', object: 'Case' });
    expect((await api('/sobjects/Case/describe', since)).status).toBe(200);
    expect((await api('/sobjects/Contact/describe', since)).status).toBe(304);
  });

  it('never responds 304 after an org-wide change', async () => {
    const since = { headers: { 'If-Modified-Since': new Date(clock).toUTCString() } };
    sandbox.org.edit({ kind: 'touchAll' });
    expect((await api('/sobjects/Contact/describe', since)).status).toBe(200);
  });

  it('ignores an invalid date', async () => {
    expect(
      (await api('/sobjects/Account/describe', { headers: { 'If-Modified-Since': 'yesterday' } }))
        .status,
    ).toBe(200);
  });

  it('finds objects by name without case, and no others', async () => {
    expect((await api('/sobjects/aCCount/describe')).json()['name']).toBe('Account');
    const missing = await api('/sobjects/Nope__c/describe');
    expect(missing.status).toBe(404);
    expect(missing.json()).toEqual([
      { message: 'The requested resource does not exist', errorCode: 'NOT_FOUND' },
    ]);
  });

  it('compresses responses on request', async () => {
    const plain = await api('/sobjects/Account/describe');
    const packed = await api('/sobjects/Account/describe', {
      headers: { 'Accept-Encoding': 'gzip' },
    });
    expect(packed.text).toBe(plain.text);
    expect(plain.bytes / packed.bytes).toBeGreaterThan(10);
  });
});

describe('edges', () => {
  it('rejects URIs and headers over 16,384 bytes', async () => {
    expect((await api(`/query?q=${'x'.repeat(17_000)}`)).status).toBe(414);
    const token = await signIn(sandbox);
    const long = await call(sandbox, {
      path: '/services/data/v66.0/limits',
      headers: { Authorization: `Bearer ${token}`, 'X-Long': 'y'.repeat(17_000) },
    });
    expect(long.status).toBe(431);
  });

  it('routes by host name', async () => {
    expect(
      (await call(sandbox, { host: 'login.salesforce.com', path: '/services/data/' })).status,
    ).toBe(404);
    expect(
      (
        await call(sandbox, {
          host: 'acme--uat.sandbox.my.salesforce.com',
          path: '/services/data/',
        })
      ).status,
    ).toBe(200);
    expect(
      (await call(sandbox, { host: 'other.my.salesforce.com', path: '/services/data/' })).status,
    ).toBe(420);
    await expect(call(sandbox, { host: 'evil.example', path: '/' })).rejects.toThrow();
  });

  it('counts records except those of shares and histories', async () => {
    const reply = await api('/limits/recordCount?sObjects=Account,Nope,AccountShare');
    const counted = (await api(queryPath('SELECT COUNT() FROM Account'))).json()['totalSize'];
    expect(reply.json()).toEqual({ sObjects: [{ count: counted, name: 'Account' }] });
  });

  it('lists the methods of a resource', async () => {
    const reply = await api('/composite');
    expect([reply.status, reply.json<Errors>()[0]?.errorCode]).toEqual([405, 'METHOD_NOT_ALLOWED']);
  });

  it('rejects new calls while too many long-running calls are under way', async () => {
    const busy = await startSandbox({ objects: 20, longRunningCap: 2, longRunningSeconds: 0.05 });
    try {
      const busyApi = await apiOf(busy);
      busy.faults.install({ match: { path: 'slow' }, effect: { kind: 'delay', ms: 900 } });
      const slow = [busyApi('/limits?slow'), busyApi('/limits?slow')];
      await vi.waitFor(() => expect(busy.stats().calls['limits']).toBe(2), 240_000);
      await new Promise((resolve) => setTimeout(resolve, 60));
      const refused = await busyApi('/limits');
      expect(refused.json<Errors>()[0]?.message).toBe(
        'ConcurrentRequests (Concurrent API Requests) Limit exceeded.',
      );
      expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200]);
    } finally {
      await busy.close();
    }
  });
});
