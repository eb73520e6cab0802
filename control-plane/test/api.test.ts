import { describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, client, SERVICE } from './stage.ts';
import { stage, useApi } from './api-stage.ts';

useApi();

describe('admin token', () => {
  it('is required for the whole API', async () => {
    const { body } = await stage.api.get('/api/v1/openapi.json');
    const guarded = Object.keys(body.paths as object).filter((path) => path.startsWith('/api/'));
    expect(guarded.length).toBeGreaterThan(10);
    for (const token of [undefined, `${ADMIN_TOKEN}x`]) {
      for (const path of guarded)
        expect([path, (await client(stage, token).get(path)).status]).toEqual([path, 401]);
    }
  });

  it('opens metrics for Prometheus, which count runners and runs', async () => {
    const { status, headers, text } = await stage.api.get('/api/v1/metrics');
    expect([status, headers['content-type']]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(text).toMatch(/^hybrid_control_plane_runners_connected 0$/m);
    expect(text).toMatch(/^hybrid_control_plane_runs_active\{state="queued"\} 0$/m);
    expect(text).toMatch(/^hybrid_control_plane_build_info\{version="\d+\.\d+\.\d+.*"\} 1$/m);
  });

  it('is not required for health, the OpenAPI document and the console pages', async () => {
    const anyone = client(stage, undefined);
    expect((await anyone.get('/healthz')).body).toMatchObject({ status: 'ok' });
    expect((await anyone.get('/api/v1/openapi.json')).body).toMatchObject({ openapi: '3.1.0' });
    const page = await anyone.get('/');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
  });
});

describe('invalid requests', () => {
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
    ['POST', '/api/v1/services/sandbox/test-connection', { fullRun: true }, 400, 'INPUT_INVALID'],
    ['POST', '/api/v1/services/sandbox/jobs/metadata', undefined, 400, 'INPUT_INVALID'],
    ['POST', '/api/v1/pipelines/sandbox_metadata/runs', { fullRun: 'yes' }, 400, 'INPUT_INVALID'],
    ['PUT', '/api/v1/pipelines/x', { service: 'sandbox', deadlinems: 5 }, 400, 'INPUT_INVALID'],
    ['PUT', '/api/v1/settings', { keepRuns: 1, keepruns: 2 }, 400, 'INPUT_INVALID'],
  ] as const)(
    '%s %s are answered with code and remedy',
    async (method, path, body, status, code) => {
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
    },
  );

  it('are answered with each problem and its path on one line', async () => {
    const answer = await stage.api.put('/api/v1/pipelines/x', { service: 5, loggerLevel: 'LOUD' });
    expect(answer.body.error.message).toBe(
      'service: Invalid input: expected string, received number; loggerLevel: Invalid option: expected one of "DEBUG"|"INFO"|"WARN"|"ERROR"',
    );
  });

  it.each([{}, { 'transfer-encoding': 'chunked' }])(
    'with a longer body than is allowed are rejected, with the headers %j',
    async (headers) => {
      const body = { ...SERVICE, displayName: 'x'.repeat(1024 * 1024) };
      const answer = await stage.api.put('/api/v1/services/long', body, headers);
      expect([answer.status, answer.body.error.message]).toEqual([
        400,
        'request body exceeds the size limit',
      ]);
    },
  );

  it.each(['a::b', 'a\u2028b'])(
    'with the name %j are rejected, as a runner would do',
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

describe('start of a run', () => {
  it.each([
    ['in the query', '?deadlineMs=5000', undefined, 5000],
    ['in the body', '', { deadlineMs: 6000 }, 6000],
    ['that is not set', '', undefined, 0],
    ['that is not set in an empty body', '', {}, 0],
  ])('takes the deadline %s', async (_where, query, body, deadlineMs) => {
    for (const path of [
      '/api/v1/pipelines/sandbox_metadata/runs',
      '/api/v1/services/sandbox/test-connection',
      '/api/v1/services/sandbox/jobs/test_connection',
    ]) {
      const answer = await stage.api.post(`${path}${query}`, body);
      expect(answer).toMatchObject({ status: 202, body: { deadlineMs } });
      await stage.api.post(`/api/v1/runs/${answer.body.id}/cancel`);
    }
  });

  it('describes the deadline in query and body', async () => {
    const { paths } = (await stage.api.get('/api/v1/openapi.json')).body;
    const start = paths['/api/v1/pipelines/{name}/runs'].post;
    expect(start.parameters).toContainEqual(
      expect.objectContaining({ name: 'deadlineMs', in: 'query' }),
    );
    expect(start.requestBody.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/StartRequest',
    });
  });

  it('describes a full run without a union of closed schemas', async () => {
    const { components } = (await stage.api.get('/api/v1/openapi.json')).body;
    const closed = Object.entries(components.schemas as Record<string, { allOf?: unknown }>).filter(
      ([name, schema]) => name.endsWith('Request') && schema.allOf !== undefined,
    );
    expect(closed).toEqual([]);
    expect(components.schemas.StartRequest).toMatchObject({
      additionalProperties: false,
      properties: { deadlineMs: {}, fullRun: { type: 'boolean' } },
    });
  });
});
