import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  never,
  openCatalogue,
  parents,
  SCHEMA,
  succeeded,
  table,
  tokens,
  type Catalogue,
} from '../../../test/support/openmetadata-server/catalog.ts';
import type { LogData, Logger } from '../../observability/logger.ts';
import { systemClock, type Clock } from '../../runtime/clock.ts';
import { createMetadataRestSink } from './rest-sink.ts';

let catalogue: Catalogue;

beforeEach(async () => {
  catalogue = await openCatalogue();
});

afterEach(() => catalogue.close());

const three = [table('Account'), table('Contact'), table('Lead')];

/** A clock whose sleeps take no time but are written down. */
function sleepless(): Clock & { readonly sleeps: number[] } {
  const sleeps: number[] = [];
  return {
    ...systemClock,
    sleeps,
    sleep: (ms, signal) => {
      if (ms === 120_000) return systemClock.sleep(ms, signal);
      sleeps.push(ms);
      return Promise.resolve();
    },
  };
}

function recording(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const logger: Logger & { readonly lines: string[] } = {
    lines,
    log: (level, message, data?: LogData) =>
      lines.push(`${level} ${message} ${JSON.stringify(data ?? {})}`),
    child: () => logger,
  };
  return logger;
}

describe('a server in trouble', () => {
  it.each([429, 500, 502, 503, 504, 408, 409])(
    'that answers %i for a while is asked again',
    async (status) => {
      catalogue.server.faults.push(
        { on: /^PUT \/databases$/, status, times: 2 },
        { on: /^PUT \/tables\/bulk$/, status, times: 1 },
      );
      expect(await catalogue.run([...parents, ...three], { clock: sleepless() })).toMatchObject({
        status: 'success',
        counts: { written: 6 },
      });
    },
  );

  it('that says when to come back is left alone until then', async () => {
    const clock = sleepless();
    catalogue.server.faults.push({
      on: /^PUT \/databases$/,
      status: 503,
      headers: { 'retry-after': '7' },
    });
    expect(await catalogue.run(parents, { clock })).toMatchObject({ status: 'success' });
    expect(clock.sleeps).toEqual([expect.closeTo(7000, -2)]);
  });

  it('that says so by a date, or wants too much, is understood', async () => {
    const clock = { ...sleepless(), now: () => Date.parse('2026-01-01T00:00:00Z') };
    catalogue.server.faults.push(
      {
        on: /^PUT \/databases$/,
        status: 503,
        headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' },
      },
      { on: /^PUT \/databaseSchemas$/, status: 429, headers: { 'retry-after': '86400' } },
    );
    await catalogue.run(parents, { clock });
    expect(clock.sleeps).toEqual([expect.closeTo(9000, -2), expect.closeTo(300_000, -2)]);
  });

  it.each(['before', 'after'] as const)(
    'that breaks the connection %s doing the work leaves nothing doubled',
    async (reset) => {
      catalogue.server.faults.push(
        { on: /^PUT \/tables\/bulk$/, reset },
        { on: /^PUT \/databaseSchemas$/, reset },
      );
      expect(await catalogue.run([...parents, ...three])).toMatchObject({
        status: 'success',
        counts: { written: 6 },
      });
      expect(catalogue.server.store.all('table')).toHaveLength(3);
    },
  );

  it('that never answers costs a deadline, then is asked again', async () => {
    catalogue.server.faults.push({ on: /^PUT \/tables\/bulk$/, hang: true });
    expect(await catalogue.run([...parents, ...three], { timeoutMs: 150 })).toMatchObject({
      status: 'success',
    });
  });

  /** Deadlines pass as they should; any other pause takes no time, but `meanwhile` is awaited in it. */
  const pausing = (deadlineMs: number, meanwhile: () => Promise<void>): Clock => ({
    ...systemClock,
    sleep: (ms, signal) => (ms === deadlineMs ? systemClock.sleep(ms, signal) : meanwhile()),
  });

  it('that takes longer over a bulk than the deadline is left to finish it, and asked for nothing twice', async () => {
    const slow = Promise.withResolvers<void>();
    catalogue.server.faults.push({ on: /^PUT \/tables\/bulk$/, until: slow.promise });
    const clock = pausing(311, async () => {
      slow.resolve();
      await expect.poll(() => catalogue.server.store.all('table').length).toBe(3);
    });
    expect(await catalogue.run([...parents, ...three], { clock, timeoutMs: 311 })).toMatchObject({
      status: 'success',
      counts: { written: 6 },
    });
    expect(catalogue.server.requests.filter((title) => title.startsWith('PUT /tables'))).toEqual([
      'PUT /tables/bulk',
    ]);
  });

  it.each([
    ['the server', {}],
    ['a proxy before it', { status: 504 }],
  ])('that lost a bulk, by the word of %s, gets what is missing in halves', async (_who, how) => {
    catalogue.server.faults.push({
      on: /^PUT \/tables\/bulk$/,
      ...('status' in how ? how : { hang: true }),
    });
    const clock = pausing(311, () => Promise.resolve());
    const report = await catalogue.run([...parents, ...three, table('Case')], {
      clock,
      timeoutMs: 311,
    });
    expect(report).toMatchObject({ status: 'success', counts: { written: 7 } });
    expect(catalogue.server.requests.filter((title) => title.startsWith('PUT /tables'))).toEqual([
      'PUT /tables/bulk',
      'PUT /tables/bulk',
      'PUT /tables/bulk',
    ]);
  });

  it('that finds a bulk too large gets it in halves', async () => {
    catalogue.server.faults.push({ on: /^PUT \/tables\/bulk$/, status: 413 });
    expect(await catalogue.run([...parents, ...three, table('Case')])).toMatchObject({
      status: 'success',
      counts: { written: 7 },
    });
    expect(
      catalogue.server.requests.filter((title) => title.startsWith('PUT /tables')),
    ).toHaveLength(3);
  });

  it('that stays away ends the run with what it said, and quickly', async () => {
    catalogue.server.faults.push({ on: /^PUT \/tables/, status: 503, times: 1000 });
    const report = await catalogue.run([...parents, ...three]);
    expect(report).toMatchObject({ status: 'failed', error: { code: 'SINK_BUSY' } });
    expect(catalogue.server.requests.length).toBeLessThan(20);
  });

  it('that is not there at all is a network failure', async () => {
    await catalogue.server.close();
    const sink = catalogue.sink();
    await expect(sink.write(parents[0]!, never)).rejects.toMatchObject({
      code: 'NETWORK_UNREACHABLE',
    });
    catalogue = await openCatalogue();
  });
});

describe('an entity that the server refuses', () => {
  const bad = table('Bad', {
    more: {
      tags: [
        { tagFQN: 'No.Such', source: 'Classification', labelType: 'Manual', state: 'Confirmed' },
      ],
    },
  });

  it('is counted by name while its neighbours in the bulk arrive', async () => {
    const report = await catalogue.run([...parents, three[0]!, bad, three[1]!]);
    expect(report).toMatchObject({ status: 'partialSuccess', counts: { written: 5, failed: 1 } });
    expect(report.failures).toEqual([
      expect.objectContaining({
        name: `${SCHEMA}.Bad`,
        code: 'SINK_REJECTED',
        message: expect.stringContaining('tag instance for No.Such not found'),
      }),
    ]);
  });

  it('takes no other with it when the server refuses the whole bulk', async () => {
    catalogue.server.faults.push(
      { on: /^PUT \/tables\/bulk$/, status: 400 },
      { on: /^PUT \/tables\/bulk$/, status: 413 },
    );
    expect(await catalogue.run([...parents, ...three, bad])).toMatchObject({
      counts: { written: 6, failed: 1 },
    });
  });

  it('with a 500 is tried alone, and given up alone', async () => {
    catalogue.server.faults.push({ on: /^PUT \/tables(?:\/bulk)?$/, status: 500, times: 8 });
    const report = await catalogue.run([...parents, ...three], { concurrency: 1 });
    expect(report).toMatchObject({
      status: 'partialSuccess',
      counts: { written: 5, failed: 1 },
      failures: [{ code: 'SINK_FAILED' }],
    });
  });

  it('of all entities, for lack of rights, ends the run', async () => {
    catalogue.server.faults.push({ on: /^PUT \/lineage$/, status: 403, times: 1000 });
    const edges = Array.from(
      { length: 40 },
      (_, index) =>
        ({ kind: 'lineage', from: three[0]!.fqn, to: three[1 + (index % 2)]!.fqn }) as const,
    );
    const sink = catalogue.sink({ concurrency: 1 });
    for (const record of [...parents, ...three]) await sink.write(record, never);
    await expect(
      (async () => {
        for (const edge of edges) await sink.write(edge, never);
      })(),
    ).rejects.toMatchObject({ code: 'SINK_FORBIDDEN' });
    expect(await sink.finish(succeeded, never)).toMatchObject({
      status: 'failed',
      error: { code: 'SINK_FORBIDDEN' },
      counts: { failed: 10 },
    });
  });
});

describe('the token', () => {
  it('that is refused ends the run, at once', async () => {
    const sink = catalogue.sink({ jwtToken: tokens('stale') });
    await expect(sink.write(parents[0]!, never)).rejects.toMatchObject({
      code: 'SINK_UNAUTHORIZED',
      fault: 'user',
    });
    await expect(sink.write(parents[1]!, never)).rejects.toMatchObject({
      code: 'SINK_UNAUTHORIZED',
    });
    expect(catalogue.server.requests).toHaveLength(1);
  });

  it('is read again when it was rotated meanwhile', async () => {
    expect(await catalogue.run(parents, { jwtToken: tokens('stale', 'bot-token') })).toMatchObject({
      status: 'success',
    });
  });

  it('stands in no error, log line or report', async () => {
    const logger = recording();
    const sink = catalogue.sink({
      jwtToken: tokens('canary-token'),
      logger,
      pipeline: { fqn: 'p', runId: 'r' },
    });
    catalogue.server.faults.push({
      on: /./,
      status: 400,
      text: JSON.stringify({ code: 400, message: 'you sent \u0007 nonsense' }),
    });
    const thrown: unknown = await sink.write(parents[0]!, never).catch((error: unknown) => error);
    const report = await sink.finish(succeeded, never);
    expect(`${String(thrown)}${JSON.stringify(report)}${logger.lines.join('')}`).not.toContain(
      'canary-token',
    );
    expect(logger.lines.length).toBeGreaterThan(0);
  });

  it('is not carried to where a redirect points', async () => {
    catalogue.server.faults.push({
      on: /^GET /,
      status: 302,
      headers: { location: 'https://elsewhere.test/' },
    });
    await expect(catalogue.sink().write(parents[0]!, never)).rejects.toMatchObject({
      code: 'SINK_FAILED',
      retryable: false,
    });
    expect(catalogue.server.requests).toHaveLength(1);
  });
});

describe('an answer that is not the API’s', () => {
  it('is named: a page of a portal', async () => {
    catalogue.server.faults.push({
      on: /^GET /,
      status: 200,
      text: '<html>sign in</html>',
      times: 10,
    });
    await expect(catalogue.sink().write(parents[0]!, never)).rejects.toMatchObject({
      code: 'SINK_FAILED',
      remedy: expect.stringContaining('/api'),
    });
  });

  it('is named: JSON of some other service', async () => {
    catalogue.server.faults.push({ on: /^GET /, status: 200, text: '{"hello":"world"}' });
    await expect(catalogue.sink().write(parents[0]!, never)).rejects.toMatchObject({
      code: 'SINK_FAILED',
      retryable: false,
    });
  });

  it('is not read without end', async () => {
    catalogue.server.faults.push({
      on: /^GET /,
      status: 200,
      headers: { 'content-encoding': 'gzip' },
      text: gzipSync(Buffer.alloc(65 * 1024 * 1024)),
    });
    await expect(catalogue.sink().write(parents[0]!, never)).rejects.toMatchObject({
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
  ])('costs a second try of each table when a bulk’s verdict %s', async (_what, verdict) => {
    catalogue.server.faults.push({
      on: /^PUT \/tables\/bulk$/,
      status: 200,
      text: JSON.stringify(verdict),
    });
    expect(await catalogue.run([...parents, ...three])).toMatchObject({
      status: 'success',
      counts: { written: 6 },
    });
    expect(catalogue.server.store.all('table')).toHaveLength(3);
  });

  it.each([
    ['by its full name', three[1]!.fqn],
    ['by giving its request back', three[1]!.request],
  ])(
    'costs a second try of the one table that a bulk’s verdict names, %s',
    async (_how, request) => {
      catalogue.server.faults.push({
        on: /^PUT \/tables\/bulk$/,
        status: 200,
        text: JSON.stringify({
          status: 'partialSuccess',
          numberOfRowsFailed: 1,
          failedRequest: [{ request, status: 409 }],
        }),
      });
      await catalogue.run([...parents, ...three]);
      expect(
        catalogue.server.store.all('table').map(({ fullyQualifiedName }) => fullyQualifiedName),
      ).toEqual([three[1]!.fqn]);
    },
  );
});

describe('stopping', () => {
  it('ends a wait for a busy server with the caller’s reason', async () => {
    catalogue.server.faults.push({ on: /^GET /, status: 503, times: 1000 });
    const controller = new AbortController();
    const writing = catalogue
      .sink({ retry: { tries: 100, baseMs: 60_000, capMs: 60_000 } })
      .write(parents[0]!, controller.signal);
    setTimeout(() => controller.abort(), 30);
    await expect(writing).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('by closing leaves nothing running', async () => {
    catalogue.server.faults.push({ on: /^PUT \/tables\/bulk$/, hang: true });
    const sink = catalogue.sink();
    for (const record of [...parents, ...three]) await sink.write(record, never);
    const finishing = sink.finish(succeeded, never);
    setTimeout(() => void sink.close(), 30);
    expect(await finishing).toMatchObject({ status: 'failed', error: { code: 'ABORTED' } });
  });
});

describe('the address', () => {
  const make = (hostPort: string, logger = recording()): Logger & { readonly lines: string[] } => {
    const sink = createMetadataRestSink({
      hostPort,
      logger,
      jwtToken: tokens('x'),
      connect: () => Promise.reject(new Error('not called')),
      clock: systemClock,
      random: { fraction: () => 0, bytes: () => new Uint8Array(), uuid: () => '' },
    });
    void sink.close();
    return logger;
  };

  it.each([
    'catalog:8585',
    'ftp://catalog/api',
    'https://user:pass@catalog/api',
    'https://catalog/api?x=1',
    '',
  ])('%j is refused', (hostPort) => {
    expect(() => make(hostPort)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });

  it('without TLS is taken, with a warning', () => {
    expect(make('http://catalog:8585/api').lines).toEqual([expect.stringContaining('unencrypted')]);
    expect(make('https://catalog/api/').lines).toEqual([]);
  });
});
