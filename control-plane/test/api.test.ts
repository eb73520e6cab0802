import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  batch,
  connect,
  logLine,
  newKey,
  outcomeLine,
  tableLine,
  type Ref,
} from './fake-runner.ts';
import { readEvents } from './events.ts';
import {
  ADMIN_TOKEN,
  client,
  openStage,
  prepareCatalog,
  SERVICE,
  startRun,
  type Stage,
} from './stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
  await prepareCatalog(stage.api);
});
afterAll(() => stage.close());

describe('the admin token', () => {
  it('guards the whole API', async () => {
    const { body } = await stage.api.get('/api/v1/openapi.json');
    const guarded = Object.keys(body.paths as object).filter((path) => path.startsWith('/api/'));
    expect(guarded.length).toBeGreaterThan(10);
    for (const token of [undefined, `${ADMIN_TOKEN}x`]) {
      for (const path of guarded)
        expect([path, (await client(stage, token).get(path)).status]).toEqual([path, 401]);
    }
  });

  it('is not needed for health, the API description and the pages of the console', async () => {
    const anyone = client(stage, undefined);
    expect((await anyone.get('/healthz')).body).toMatchObject({ status: 'ok' });
    expect((await anyone.get('/api/v1/openapi.json')).body).toMatchObject({ openapi: '3.1.0' });
    const page = await anyone.get('/');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
  });
});

describe('enrollment', () => {
  const request = (token: string, publicKey = newKey().publicKey) => ({
    token,
    publicKey,
    name: 'edge',
    version: '0.1.0',
    platform: 'linux',
  });
  const mint = async (body: object = {}) =>
    (await stage.api.post('/api/v1/enrollment-tokens', body)).body as {
      token: string;
      expiresAt: number;
    };
  const enroll = (body: object) => client(stage, undefined).post('/runner/v1/enroll', body);

  it('trades a token for an identity, once', async () => {
    const { token, expiresAt } = await mint();
    expect(expiresAt - Date.now()).toBeGreaterThan(1_790_000);
    const answer = await enroll(request(token));
    expect(answer).toMatchObject({
      status: 201,
      body: { name: 'edge', runnerId: expect.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/) },
    });
    expect(await enroll(request(token))).toMatchObject({
      status: 403,
      body: { error: { code: 'ENROLLMENT_REFUSED', remedy: expect.any(String) } },
    });
  });

  it('gives an identity to one of many that use the token at the same time', async () => {
    const { token } = await mint({ name: 'named by the token' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => enroll(request(token))));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201, 403, 403, 403, 403, 403, 403, 403,
    ]);
    expect(answers.find(({ status }) => status === 201)?.body.name).toBe('named by the token');
  });

  it('refuses a token that is unknown or has expired, in the same words', async () => {
    const { token } = await mint({ ttlSeconds: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const [expired, unknown] = [await enroll(request(token)), await enroll(request('hre_guess'))];
    expect(expired.status).toBe(403);
    expect(expired.body).toEqual(unknown.body);
  });

  it('refuses a key that is not one', async () => {
    const { token } = await mint();
    expect(await enroll(request(token, Buffer.alloc(31).toString('base64')))).toMatchObject({
      status: 400,
      body: { error: { code: 'INPUT_INVALID' } },
    });
    expect((await enroll(request(token))).status).toBe(201);
  });

  it('keeps tokens as hashes in a private file', async () => {
    const { token } = await mint();
    const files = ['store.sqlite', 'store.sqlite-wal']
      .map((name) => readFileSync(join(stage.data, name)).toString('latin1'))
      .join('');
    expect(files).not.toContain(token);
    expect(statSync(join(stage.data, 'store.sqlite')).mode & 0o777).toBe(0o600);
  });
});

describe('services', () => {
  it.each([
    ['password', { password: 'hunter2' }],
    ['securityToken', { securityToken: 'abc' }],
    ['consumerSecret', { consumerSecret: 'abc' }],
    ['privateKey', { privateKey: 'abc' }],
    ['sslConfig.caCertificate', { sslConfig: { caCertificate: '-----BEGIN' } }],
    ['password', { password: 'my secret:/a' }],
    ['password', { password: 12345 }],
  ])('refuse plain text in %s without repeating it', async (field, connection) => {
    const answer = await stage.api.put('/api/v1/services/plain', {
      type: 'Salesforce',
      connection,
    });
    expect(answer).toMatchObject({
      status: 422,
      body: {
        error: {
          code: 'SECRET_IN_PLAIN_TEXT',
          message: `fields are not secret references: ${field}`,
          remedy: expect.stringContaining('secret:/'),
        },
      },
    });
    expect((await stage.api.get('/api/v1/services/plain')).status).toBe(404);
  });

  it.each([
    ['username', 'secret:/sf/user'],
    ['databaseName', 'x secret:/a'],
    ['tableFilterPattern.includes.0', 'Secret:/a'],
  ])('refuse a secret reference in %s, which no runner resolves', async (field, text) => {
    const [name, ...rest] = field.split('.');
    const connection = {
      ...SERVICE.connection,
      [name!]: rest.length === 0 ? text : { includes: [text] },
    };
    expect(
      await stage.api.put('/api/v1/services/plain', { type: 'Salesforce', connection }),
    ).toMatchObject({
      status: 400,
      body: {
        error: {
          code: 'INPUT_INVALID',
          message: `secret reference in fields that are not secret: ${field}`,
        },
      },
    });
  });

  it('are created, replaced and listed', async () => {
    expect(await stage.api.put('/api/v1/services/acme', SERVICE)).toMatchObject({
      status: 200,
      body: { name: 'acme', runner: null },
    });
    await stage.api.put(
      '/api/v1/services/acme',
      { ...SERVICE, displayName: 'Acme, Inc.' },
      { 'if-match': '*' },
    );
    expect((await stage.api.get('/api/v1/services/acme')).body).toMatchObject({
      displayName: 'Acme, Inc.',
      connection: SERVICE.connection,
    });
    expect(
      (await stage.api.get('/api/v1/services')).body.services.map(
        ({ name }: { name: string }) => name,
      ),
    ).toEqual(['acme', 'sandbox']);
  });
});

describe('bad requests', () => {
  it.each([
    ['PUT', '/api/v1/services/x', { type: 'Oracle', connection: {} }, 400, 'INPUT_INVALID'],
    ['PUT', '/api/v1/services/x', 'not an object', 400, 'INPUT_INVALID'],
    ['PUT', '/api/v1/services/%22', SERVICE, 400, 'INPUT_INVALID'],
    ['PUT', '/api/v1/pipelines/x', { service: 'nowhere' }, 404, 'NOT_FOUND'],
    ['POST', '/api/v1/pipelines/nowhere/runs', undefined, 404, 'NOT_FOUND'],
    ['POST', '/api/v1/services/nowhere/test-connection', undefined, 404, 'NOT_FOUND'],
    ['GET', '/api/v1/runs?limit=0', undefined, 400, 'INPUT_INVALID'],
    ['GET', '/api/v1/runs/nowhere', undefined, 404, 'NOT_FOUND'],
    ['GET', '/api/v1/runs/nowhere/events', undefined, 404, 'NOT_FOUND'],
    ['GET', '/api/v1/runs/nowhere/records?after=x', undefined, 400, 'INPUT_INVALID'],
    ['GET', '/api/v1/tables/nowhere', undefined, 404, 'NOT_FOUND'],
    ['GET', '/no/such/page', undefined, 404, 'NOT_FOUND'],
    ['POST', '/api/v1/enrollment-tokens', { ttlSeconds: -1 }, 400, 'INPUT_INVALID'],
    ['POST', '/api/v1/pipelines/sandbox_metadata/runs', { deadlinems: 5 }, 400, 'INPUT_INVALID'],
    ['POST', '/api/v1/pipelines/sandbox_metadata/runs', { deadlineMs: '5' }, 400, 'INPUT_INVALID'],
    ['POST', '/api/v1/pipelines/sandbox_metadata/runs', [], 400, 'INPUT_INVALID'],
    [
      'POST',
      '/api/v1/pipelines/sandbox_metadata/runs?deadlineMs=5',
      { deadlineMs: 6 },
      400,
      'INPUT_INVALID',
    ],
    ['POST', '/api/v1/pipelines/sandbox_metadata/runs?deadline=5', undefined, 400, 'INPUT_INVALID'],
    ['POST', '/api/v1/services/sandbox/test-connection', { deadlineMs: -1 }, 400, 'INPUT_INVALID'],
    ['POST', '/api/v1/services/sandbox/test-connection', { whole: true }, 400, 'INPUT_INVALID'],
    ['POST', '/api/v1/pipelines/sandbox_metadata/runs', { whole: 'yes' }, 400, 'INPUT_INVALID'],
    ['PUT', '/api/v1/pipelines/x', { service: 'sandbox', deadlinems: 5 }, 400, 'INPUT_INVALID'],
    ['PUT', '/api/v1/settings', { keepRuns: 1, keepruns: 2 }, 400, 'INPUT_INVALID'],
  ] as const)('%s %s answers with code and remedy', async (method, path, body, status, code) => {
    const answer = await (method === 'GET'
      ? stage.api.get(path)
      : method === 'PUT'
        ? stage.api.put(path, body)
        : stage.api.post(path, body));
    expect(answer).toMatchObject({
      status,
      body: { error: { code, message: expect.any(String), remedy: expect.any(String) } },
    });
    expect(answer.body.error.message).not.toMatch(/[✖→\n]/);
  });

  it('name each problem with its place, on one line', async () => {
    const answer = await stage.api.put('/api/v1/pipelines/x', { service: 5, loggerLevel: 'LOUD' });
    expect(answer.body.error.message).toBe(
      'service: Invalid input: expected string, received number; loggerLevel: Invalid option: expected one of "DEBUG"|"INFO"|"WARN"|"ERROR"',
    );
  });

  it.each(['a::b', 'a\u2028b'])(
    'refuse the name %j, which a runner would refuse, for services and pipelines',
    async (name) => {
      const expected = {
        status: 400,
        body: {
          error: {
            code: 'INPUT_INVALID',
            message: expect.stringContaining(
              'contains "::" or a line break, which OpenMetadata does not allow in names',
            ),
          },
        },
      };
      expect(
        await stage.api.put(`/api/v1/services/${encodeURIComponent(name)}`, SERVICE),
      ).toMatchObject(expected);
      expect(
        await stage.api.put(`/api/v1/pipelines/${encodeURIComponent(name)}`, {
          service: 'sandbox',
        }),
      ).toMatchObject(expected);
      expect(await stage.api.put('/api/v1/pipelines/x', { service: name })).toMatchObject(expected);
    },
  );
});

describe('the deadline of a start', () => {
  it.each([
    ['in the query', '?deadlineMs=5000', undefined, 5000],
    ['in the body', '', { deadlineMs: 6000 }, 6000],
    ['nowhere', '', undefined, 0],
    ['nowhere, with an empty body', '', {}, 0],
  ])('may stand %s', async (_where, query, body, deadlineMs) => {
    for (const path of [
      '/api/v1/pipelines/sandbox_metadata/runs',
      '/api/v1/services/sandbox/test-connection',
    ]) {
      const answer = await stage.api.post(`${path}${query}`, body);
      expect(answer).toMatchObject({ status: 202, body: { deadlineMs } });
      await stage.api.post(`/api/v1/runs/${answer.body.id}/cancel`);
    }
  });

  it('is described in both places', async () => {
    const { paths } = (await stage.api.get('/api/v1/openapi.json')).body;
    const start = paths['/api/v1/pipelines/{name}/runs'].post;
    expect(start.parameters).toContainEqual(
      expect.objectContaining({ name: 'deadlineMs', in: 'query' }),
    );
    expect(start.requestBody.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/StartRequest',
    });
  });

  it('may be whole by the description too, which is no union of closed schemas', async () => {
    const { components } = (await stage.api.get('/api/v1/openapi.json')).body;
    const closed = Object.entries(components.schemas as Record<string, { allOf?: unknown }>).filter(
      ([name, schema]) => name.endsWith('Request') && schema.allOf !== undefined,
    );
    expect(closed).toEqual([]);
    expect(components.schemas.StartRequest).toMatchObject({
      additionalProperties: false,
      properties: { deadlineMs: {}, whole: { type: 'boolean' } },
    });
  });
});

describe('a run', () => {
  it('is followed live, and again from where a reader left off', async () => {
    const { connection } = await connect('ws', stage, await stage.enroll());
    const id = await startRun(stage.api);
    const connected = Promise.withResolvers<void>();
    const live = readEvents(stage, id, undefined, connected.resolve);
    await connected.promise;
    const { ref } = await connection.take<{ ref: Ref }>('offer');
    connection.send('accept', { ref });
    const lines = [logLine('one'), logLine('two', 'warn')];
    connection.send('batch', batch(ref, 1, lines.slice(0, 1)));
    await connection.take('ack');
    connection.send('progress', { ref, phase: 'describe', done: 1, total: 2, apiCalls: 1 });
    connection.send('heartbeat', { number: 1, leases: [ref] });
    await connection.take('heartbeatReply');
    connection.send('batch', batch(ref, 2, [lines[1]!, outcomeLine(lines)], { last: true }));
    const events = await live;
    expect(
      events.filter(({ event }) => event === 'log').map(({ data }) => data['message']),
    ).toEqual(['one', 'two']);
    const states = events.filter(({ event }) => event === 'state').map(({ data }) => data['state']);
    expect(['queued', 'offered']).toContain(states[0]);
    expect(states.at(-1)).toBe('success');
    expect(events.filter(({ event }) => event === 'progress').at(-1)?.data).toMatchObject({
      phase: 'describe',
      done: 1,
    });
    const firstLog = events.find(({ event }) => event === 'log')!;
    const resumed = await readEvents(stage, id, firstLog.id);
    expect(
      resumed.filter(({ event }) => event === 'log').map(({ data }) => data['message']),
    ).toEqual(['two']);
    connection.close();
  });

  it('is listed newest first, by service', async () => {
    const id = await startRun(stage.api);
    expect(
      (await stage.api.get('/api/v1/runs?limit=1')).body.runs.map((run: { id: string }) => run.id),
    ).toEqual([id]);
    expect((await stage.api.get('/api/v1/runs?service=acme')).body.runs).toEqual([]);
    await stage.api.post(`/api/v1/runs/${id}/cancel`);
  });
});

describe('tables', () => {
  beforeAll(async () => {
    const { connection } = await connect('grpc', stage, await stage.enroll());
    await startRun(stage.api);
    const { ref } = await connection.take<{ ref: Ref }>('offer');
    connection.send('accept', { ref });
    const lines = ['Account', 'Contact', 'Lead_100%', 'Lead_1000'].map((name) => tableLine(name));
    connection.send('batch', batch(ref, 1, [...lines, outcomeLine(lines)], { last: true }));
    await connection.take('ack');
    connection.close();
  });

  it('are browsed page by page', async () => {
    const first = (await stage.api.get('/api/v1/tables?service=sandbox&limit=3')).body;
    expect([first.total, first.tables.length, first.next]).toEqual([
      4,
      3,
      'sandbox.default.salesforce.Lead_100%',
    ]);
    const second = (
      await stage.api.get(
        `/api/v1/tables?service=sandbox&limit=3&after=${encodeURIComponent(first.next)}`,
      )
    ).body;
    expect([second.tables.length, second.next]).toEqual([1, null]);
  });

  it('are searched by their text, with no letter that means more than itself', async () => {
    const names = async (q: string) =>
      (await stage.api.get(`/api/v1/tables?q=${encodeURIComponent(q)}`)).body.tables.map(
        (table: { name: string }) => table.name,
      );
    expect(await names('contact')).toEqual(['Contact']);
    expect(await names('100%')).toEqual(['Lead_100%']);
    expect(await names("' OR 1=1 --")).toEqual([]);
  });

  it('are shown as they were sent, with where they came from', async () => {
    const { body } = await stage.api.get('/api/v1/tables/sandbox.default.salesforce.Account');
    expect(body).toMatchObject({
      service: 'sandbox',
      request: { name: 'Account', columns: [{ name: 'Id' }] },
      provenance: { attempt: 1, runId: expect.stringMatching(/^run_/) },
    });
  });
});
