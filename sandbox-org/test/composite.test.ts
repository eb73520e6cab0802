import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../src/sandbox.ts';
import { apiOf, composite, type JsonReply, type TestCall } from './client.ts';

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
interface CompositeBody {
  compositeResponse: {
    httpStatusCode: number;
    referenceId: string;
    body: never;
    httpHeaders: Record<string, string>;
  }[];
}

describe('composite', () => {
  it('describes 25 objects for one charged call', async () => {
    const names = sandbox.org
      .list()
      .slice(0, 25)
      .map(({ name }) => name);
    const reply = await api(
      '/composite',
      composite(names.map((name) => ({ path: `/sobjects/${name}/describe` }))),
    );
    const { compositeResponse } = reply.json<CompositeBody>();
    expect(compositeResponse.map(({ body }) => (body as { name: string }).name)).toEqual(names);
    expect(compositeResponse.map(({ referenceId }) => referenceId)).toEqual(
      names.map((_, i) => `r${i}`),
    );
    expect(sandbox.stats()).toMatchObject({
      apiCalls: 1,
      httpRequests: 1,
      calls: { composite: 1 },
      items: { describe: 25 },
    });
  });

  it('returns a status for each part', async () => {
    const since = { 'If-Modified-Since': new Date(clock + 60_000).toUTCString() };
    const reply = await api(
      '/composite',
      composite([
        { path: '/sobjects/Account/describe', headers: since },
        { path: '/sobjects/Gone__c/describe' },
        { path: '/limits' },
      ]),
    );
    expect(
      reply.json<CompositeBody>().compositeResponse.map(({ httpStatusCode }) => httpStatusCode),
    ).toEqual([304, 404, 200]);
    expect(reply.json<CompositeBody>().compositeResponse[0]?.body).toBeNull();
  });

  it('accepts SOQL with unescaped blanks and percent signs', async () => {
    const reply = await api(
      '/composite',
      composite([{ path: "/query?q=SELECT Id FROM Account WHERE Name LIKE '%a%' LIMIT 1" }]),
    );
    expect(
      reply.json<{ compositeResponse: { body: { totalSize: number } }[] }>().compositeResponse[0]
        ?.body.totalSize,
    ).toBe(1);
  });

  it.each([
    ['more than 25 parts', Array.from({ length: 26 }, () => ({ path: '/limits' }))],
    [
      'more than 5 queries',
      Array.from({ length: 6 }, () => ({ path: '/query?q=SELECT Id FROM Account' })),
    ],
  ])('rejects %s', async (_, parts) => {
    const reply = await api('/composite', composite(parts));
    expect([reply.status, reply.json<Errors>()[0]?.errorCode]).toEqual([400, 'LIMIT_EXCEEDED']);
  });

  it('inserts values of earlier responses into later parts', async () => {
    const body = JSON.stringify({
      compositeRequest: [
        {
          method: 'GET',
          url: '/services/data/v66.0/query?q=SELECT Id FROM Account LIMIT 1',
          referenceId: 'first',
        },
        {
          method: 'GET',
          url: '/services/data/v66.0/sobjects/Account/@{first.records[0].Id}?fields=Id',
          referenceId: 'second',
        },
      ],
    });
    const parts = (await api('/composite', { method: 'POST', body })).json<CompositeBody>()
      .compositeResponse;
    expect(parts[1]).toMatchObject({
      httpStatusCode: 200,
      body: { Id: expect.stringMatching(/^001/) as string },
    });
  });

  it('charges each part of a batch', async () => {
    const body = JSON.stringify({
      batchRequests: [
        { method: 'GET', url: 'v66.0/sobjects/Account/describe' },
        { method: 'GET', url: 'v66.0/sobjects/Nope/describe' },
      ],
    });
    const reply = await api('/composite/batch', { method: 'POST', body });
    expect(reply.json()).toMatchObject({
      hasErrors: true,
      results: [{ statusCode: 200 }, { statusCode: 404 }],
    });
    expect(sandbox.stats().apiCalls).toBe(2);
  });

  it('accepts a gzipped body', async () => {
    const { body = '', headers } = composite([{ path: '/limits' }]);
    const reply = await api('/composite', {
      method: 'POST',
      body: gzipSync(body),
      headers: { ...headers, 'Content-Encoding': 'gzip' },
    });
    expect(reply.json<CompositeBody>().compositeResponse[0]?.httpStatusCode).toBe(200);
  });
});
