import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type FaultRule, type Sandbox } from '../src/sandbox.ts';
import { apiOf, call, composite, queryPath, type JsonReply, type TestCall } from './client.ts';

let sandbox: Sandbox;
let api: (path: string, more?: Partial<TestCall>) => Promise<JsonReply>;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 60 });
  api = await apiOf(sandbox);
});
afterEach(() => sandbox.faults.clear());
afterAll(() => sandbox.close());

const describeOf = (name: string): string => `/sobjects/${name}/describe`;

describe('faults of responses', () => {
  it.each<[FaultRule['effect'], number, string]>([
    [{ kind: 'unavailable' }, 503, 'SERVER_UNAVAILABLE'],
    [{ kind: 'limit-exceeded' }, 403, 'REQUEST_LIMIT_EXCEEDED'],
    [{ kind: 'session-expired' }, 401, 'INVALID_SESSION_ID'],
    [{ kind: 'vanish' }, 404, 'NOT_FOUND'],
    [{ kind: 'forbid' }, 403, 'INSUFFICIENT_ACCESS'],
    [{ kind: 'respond', status: 418, body: [{ errorCode: 'TEAPOT', message: '' }] }, 418, 'TEAPOT'],
  ])('%j responds with %i', async (effect, status, errorCode) => {
    sandbox.faults.install({ match: { object: 'Account' }, effect });
    const reply = await api(describeOf('Account'));
    expect([reply.status, reply.json<{ errorCode: string }[]>()[0]?.errorCode]).toEqual([
      status,
      errorCode,
    ]);
    expect((await api(describeOf('Contact'))).status).toBe(200);
  });

  it('affect single parts of a composite', async () => {
    sandbox.faults.install(
      { match: { object: 'Account' }, effect: { kind: 'vanish' } },
      { match: { object: ['contact'] }, effect: { kind: 'session-expired' } },
    );
    const reply = await api(
      '/composite',
      composite(['Account', 'Contact', 'User'].map((name) => ({ path: describeOf(name) }))),
    );
    expect(reply.status).toBe(200);
    expect(
      reply
        .json<{ compositeResponse: { httpStatusCode: number }[] }>()
        .compositeResponse.map(({ httpStatusCode }) => httpStatusCode),
    ).toEqual([404, 401, 200]);
  });

  it('affect the n-th call, a number of calls, or random calls', async () => {
    const statuses = async (rule: FaultRule, calls: number): Promise<number[]> => {
      sandbox.faults.clear();
      sandbox.faults.install(rule);
      const seen: number[] = [];
      for (let i = 0; i < calls; i++) seen.push((await api('/limits')).status);
      return seen;
    };
    const effect = { kind: 'unavailable' } as const;
    expect(await statuses({ match: { nth: 2 }, effect }, 3)).toEqual([200, 503, 200]);
    expect(await statuses({ match: { nth: 2, onward: true }, effect }, 3)).toEqual([200, 503, 503]);
    expect(await statuses({ match: { times: 1 }, effect }, 3)).toEqual([503, 200, 200]);
    expect(new Set(await statuses({ match: { probability: 0.5 }, effect }, 30))).toEqual(
      new Set([200, 503]),
    );
  });

  it('pad a describe', async () => {
    sandbox.faults.install({
      match: { object: 'Account' },
      effect: { kind: 'huge-describe', bytes: 1_500_000 },
    });
    const reply = await api(describeOf('Account'));
    expect(reply.text.length).toBeGreaterThanOrEqual(1_500_000);
    expect(reply.json()['name']).toBe('Account');
  });
});

describe('faults of the connection', () => {
  it('send a maintenance page', async () => {
    sandbox.faults.install({ effect: { kind: 'maintenance' } });
    const reply = await api('/limits');
    expect([reply.status, reply.headers['content-type']]).toEqual([503, 'text/html;charset=UTF-8']);
    expect(reply.text).toContain('down for maintenance');
  });

  it('send an invalid JSON body', async () => {
    sandbox.faults.install({ effect: { kind: 'not-json' } });
    const reply = await api('/limits');
    expect(reply.status).toBe(200);
    expect(() => reply.json()).toThrow(SyntaxError);
  });

  it.each<FaultRule['effect']>([
    { kind: 'reset' },
    { kind: 'truncate' },
    { kind: 'truncate', afterBytes: 10 },
  ])('%j breaks the connection', async (effect) => {
    sandbox.faults.install({ effect });
    await expect(api('/limits')).rejects.toThrow();
  });

  it.each<FaultRule['effect']>([
    { kind: 'stall-headers', ms: 300 },
    { kind: 'stall-body', ms: 300 },
    { kind: 'delay', ms: 300 },
  ])('%j delays the response', async (effect) => {
    sandbox.faults.install({ effect });
    const startedAt = performance.now();
    expect((await api('/limits')).json()).toHaveProperty('DailyApiRequests');
    expect(performance.now() - startedAt).toBeGreaterThan(290);
  });

  it('end a stall when the sandbox closes', async () => {
    const other = await startSandbox({ objects: 20 });
    const otherApi = await apiOf(other);
    other.faults.install({ effect: { kind: 'stall-headers' } });
    const stalled = otherApi('/limits').catch(() => 'broken off');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await other.close();
    await stalled;
  });

  it('send a gzip bomb', async () => {
    sandbox.faults.install({ effect: { kind: 'gzip-bomb', megabytes: 20 } });
    const reply = await api('/limits');
    expect(reply.bytes).toBeLessThan(100_000);
    expect(reply.text.length).toBeGreaterThan(20_000_000);
  });

  it('redirect elsewhere', async () => {
    sandbox.faults.install({ effect: { kind: 'redirect', location: 'https://evil.example/' } });
    const reply = await api('/limits');
    expect([reply.status, reply.headers['location']]).toEqual([302, 'https://evil.example/']);
  });

  it('replace every URL that clients follow', async () => {
    sandbox.faults.install({ effect: { kind: 'hostile-url', url: 'https://evil.example/x' } });
    const { consumerKey, consumerSecret, username, password, securityToken } = sandbox.credentials;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: consumerKey,
      client_secret: consumerSecret,
    }).toString();
    const granted = await call(sandbox, {
      method: 'POST',
      path: '/services/oauth2/token',
      body: form,
    });
    expect(JSON.parse(granted.text)).toMatchObject({ instance_url: 'https://evil.example/x' });
    const body = `<e:Envelope xmlns:e="x"><e:Body><login><username>${username}</username><password>${password}${securityToken}</password></login></e:Body></e:Envelope>`;
    expect(
      (await call(sandbox, { method: 'POST', path: '/services/Soap/u/64.0', body })).text,
    ).toContain('<serverUrl>https://evil.example/x</serverUrl>');
    expect((await api(queryPath('SELECT Id FROM Account'))).json()['nextRecordsUrl']).toBe(
      'https://evil.example/x',
    );
  });

  it('shift the clock, in the Date header and in modification times', async () => {
    const before = await api(describeOf('Account'));
    sandbox.faults.install({ effect: { kind: 'clock-offset', seconds: 3600 } });
    const after = await api(describeOf('Account'));
    expect(Date.parse(String(after.headers['date'])) - Date.now()).toBeGreaterThan(3_590_000);
    expect(
      Date.parse(String(after.headers['last-modified'])) -
        Date.parse(String(before.headers['last-modified'])),
    ).toBe(3_600_000);
  });
});
