import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import {
  parents,
  SCHEMA,
  succeeded,
  table,
} from '../../../test/support/openmetadata-server/catalog.ts';
import { catalogOfEachTest } from '../../../test/support/openmetadata-server/catalog-of-each-test.ts';

const catalog = catalogOfEachTest();

const three = [table('Account'), table('Contact'), table('Lead')];

describe('a rejected entity', () => {
  const bad = table('Bad', {
    more: {
      tags: [
        { tagFQN: 'No.Such', source: 'Classification', labelType: 'Manual', state: 'Confirmed' },
      ],
    },
  });

  it('is counted by name while the other tables of the bulk request arrive', async () => {
    const report = await catalog.run([...parents, three[0]!, bad, three[1]!]);
    expect(report).toMatchObject({ status: 'partialSuccess', counts: { written: 5, failed: 1 } });
    expect(report.failures).toEqual([
      expect.objectContaining({
        name: `${SCHEMA}.Bad`,
        code: 'SINK_REJECTED',
        message: expect.stringContaining('tag instance for No.Such not found'),
      }),
    ]);
  });

  it('fails alone when the server rejects the whole bulk request', async () => {
    catalog.server.faults.push(
      { on: /^PUT \/tables\/bulk$/, status: 400 },
      { on: /^PUT \/tables\/bulk$/, status: 413 },
    );
    expect(await catalog.run([...parents, ...three, bad])).toMatchObject({
      counts: { written: 6, failed: 1 },
    });
  });

  it('fails alone after status 500 for the bulk request', async () => {
    catalog.server.faults.push({ on: /^PUT \/tables(?:\/bulk)?$/, status: 500, times: 8 });
    const report = await catalog.run([...parents, ...three], { concurrency: 1 });
    expect(report).toMatchObject({
      status: 'partialSuccess',
      counts: { written: 5, failed: 1 },
      failures: [{ code: 'SINK_FAILED' }],
    });
  });

  it('ends the run after ten consecutive rejections for missing permissions', async () => {
    catalog.server.faults.push({ on: /^PUT \/lineage$/, status: 403, times: 1000 });
    const edges = Array.from(
      { length: 40 },
      (_, index) =>
        ({ kind: 'lineage', from: three[0]!.fqn, to: three[1 + (index % 2)]!.fqn }) as const,
    );
    const sink = catalog.sink({ concurrency: 1 });
    for (const record of [...parents, ...three]) await sink.write(record, NEVER);
    await expect(
      (async () => {
        for (const edge of edges) await sink.write(edge, NEVER);
      })(),
    ).rejects.toMatchObject({ code: 'SINK_FORBIDDEN' });
    expect(await sink.finish(succeeded, NEVER)).toMatchObject({
      status: 'failed',
      error: { code: 'SINK_FORBIDDEN' },
      counts: { failed: 10 },
    });
  });
});

describe('an unexpected response', () => {
  it('of a portal is reported with a remedy', async () => {
    catalog.server.faults.push({
      on: /^GET /,
      status: 200,
      text: '<html>sign in</html>',
      times: 10,
    });
    await expect(catalog.sink().write(parents[0]!, NEVER)).rejects.toMatchObject({
      code: 'SINK_FAILED',
      remedy: expect.stringContaining('/api'),
    });
  });

  it('of another service is reported and not retried', async () => {
    catalog.server.faults.push({ on: /^GET /, status: 200, text: '{"hello":"world"}' });
    await expect(catalog.sink().write(parents[0]!, NEVER)).rejects.toMatchObject({
      code: 'SINK_FAILED',
      retryable: false,
    });
  });

  it('is read up to the size limit', async () => {
    catalog.server.faults.push({
      on: /^GET /,
      status: 200,
      headers: { 'content-encoding': 'gzip' },
      text: gzipSync(Buffer.alloc(65 * 1024 * 1024)),
    });
    await expect(catalog.sink().write(parents[0]!, NEVER)).rejects.toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
    });
  });

  it.each([
    [
      'names no table',
      {
        status: 'partialSuccess',
        numberOfRowsFailed: 1,
        failedRequest: [{ request: { some: 'object' } }],
      },
    ],
    ['names none of those that failed', { status: 'partialSuccess', numberOfRowsFailed: 1 }],
    ['is something else', { ok: true }],
  ])('to a bulk request that %s makes each table be sent alone', async (_what, result) => {
    catalog.server.faults.push({
      on: /^PUT \/tables\/bulk$/,
      status: 200,
      text: JSON.stringify(result),
    });
    expect(await catalog.run([...parents, ...three])).toMatchObject({
      status: 'success',
      counts: { written: 6 },
    });
    expect(catalog.server.store.all('table')).toHaveLength(3);
  });

  it.each([
    ['by its full name', three[1]!.fqn],
    ['by giving its request back', three[1]!.request],
  ])('to a bulk request makes the table be sent alone that it names %s', async (_how, request) => {
    catalog.server.faults.push({
      on: /^PUT \/tables\/bulk$/,
      status: 200,
      text: JSON.stringify({
        status: 'partialSuccess',
        numberOfRowsFailed: 1,
        failedRequest: [{ request, status: 409 }],
      }),
    });
    await catalog.run([...parents, ...three]);
    expect(
      catalog.server.store.all('table').map(({ fullyQualifiedName }) => fullyQualifiedName),
    ).toEqual([three[1]!.fqn]);
  });
});
