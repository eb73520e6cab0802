import { describe, expect, it } from 'vitest';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import { parents, succeeded, table } from '../../../test/support/openmetadata-server/catalog.ts';
import { catalogOfEachTest } from '../../../test/support/openmetadata-server/catalog-of-each-test.ts';
import { deadlineClock } from '../../../test/support/deadline-clock.ts';
import { systemClock, type Clock } from '../../../foundation/src/runtime/clock.ts';

const catalog = catalogOfEachTest();

const three = [table('Account'), table('Contact'), table('Lead')];

/** A clock whose sleeps take no time and are recorded. */
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

describe('a failing server', () => {
  it.each([429, 500, 502, 503, 504, 408, 409])('is retried after status %i', async (status) => {
    catalog.server.faults.push(
      { on: /^PUT \/databases$/, status, times: 2 },
      { on: /^PUT \/tables\/bulk$/, status, times: 1 },
    );
    expect(await catalog.run([...parents, ...three], { clock: sleepless() })).toMatchObject({
      status: 'success',
      counts: { written: 6 },
    });
  });

  it('is not called before its Retry-After', async () => {
    const clock = sleepless();
    catalog.server.faults.push({
      on: /^PUT \/databases$/,
      status: 503,
      headers: { 'retry-after': '7' },
    });
    expect(await catalog.run(parents, { clock })).toMatchObject({ status: 'success' });
    expect(clock.sleeps).toEqual([expect.closeTo(7000, -2)]);
  });

  it('may send Retry-After as a date, limited to 5 minutes', async () => {
    const clock = { ...sleepless(), now: () => Date.parse('2026-01-01T00:00:00Z') };
    catalog.server.faults.push(
      {
        on: /^PUT \/databases$/,
        status: 503,
        headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' },
      },
      { on: /^PUT \/databaseSchemas$/, status: 429, headers: { 'retry-after': '86400' } },
    );
    await catalog.run(parents, { clock });
    expect(clock.sleeps).toEqual([expect.closeTo(9000, -2), expect.closeTo(300_000, -2)]);
  });

  it.each(['before', 'after'] as const)(
    'leaves no duplicates when it breaks the connection %s doing the work',
    async (reset) => {
      catalog.server.faults.push(
        { on: /^PUT \/tables\/bulk$/, reset },
        { on: /^PUT \/databaseSchemas$/, reset },
      );
      expect(await catalog.run([...parents, ...three])).toMatchObject({
        status: 'success',
        counts: { written: 6 },
      });
      expect(catalog.server.store.all('table')).toHaveLength(3);
    },
  );

  it('is retried after a deadline', async () => {
    const clock = deadlineClock(311);
    catalog.server.faults.push({
      on: /^PUT \/tables\/bulk$/,
      hang: true,
      meanwhile: clock.expire,
    });
    expect(await catalog.run([...parents, ...three], { clock, timeoutMs: 311 })).toMatchObject({
      status: 'success',
    });
  });

  it('may finish a bulk request after the deadline without a repeat', async () => {
    const slow = Promise.withResolvers<void>();
    const clock = deadlineClock(311, async () => {
      slow.resolve();
      await expect.poll(() => catalog.server.store.all('table').length).toBe(3);
    });
    catalog.server.faults.push({
      on: /^PUT \/tables\/bulk$/,
      until: slow.promise,
      meanwhile: clock.expire,
    });
    expect(await catalog.run([...parents, ...three], { clock, timeoutMs: 311 })).toMatchObject({
      status: 'success',
      counts: { written: 6 },
    });
    expect(catalog.server.requests.filter((title) => title.startsWith('PUT /tables'))).toEqual([
      'PUT /tables/bulk',
    ]);
  });

  it.each([
    ['the server', {}],
    ['a proxy before it', { status: 504 }],
  ])(
    'that lost a bulk request according to %s gets the missing tables in halves',
    async (_who, how) => {
      const clock = deadlineClock(311);
      catalog.server.faults.push({
        on: /^PUT \/tables\/bulk$/,
        ...('status' in how ? how : { hang: true, meanwhile: clock.expire }),
      });
      const report = await catalog.run([...parents, ...three, table('Case')], {
        clock,
        timeoutMs: 311,
      });
      expect(report).toMatchObject({ status: 'success', counts: { written: 7 } });
      expect(catalog.server.requests.filter((title) => title.startsWith('PUT /tables'))).toEqual([
        'PUT /tables/bulk',
        'PUT /tables/bulk',
        'PUT /tables/bulk',
      ]);
    },
  );

  it('gets a bulk request in halves after rejecting it as too large', async () => {
    catalog.server.faults.push({ on: /^PUT \/tables\/bulk$/, status: 413 });
    expect(await catalog.run([...parents, ...three, table('Case')])).toMatchObject({
      status: 'success',
      counts: { written: 7 },
    });
    expect(catalog.server.requests.filter((title) => title.startsWith('PUT /tables'))).toHaveLength(
      3,
    );
  });

  it('ends the run quickly, with its error, if it does not recover', async () => {
    catalog.server.faults.push({ on: /^PUT \/tables/, status: 503, times: 1000 });
    const report = await catalog.run([...parents, ...three]);
    expect(report).toMatchObject({ status: 'failed', error: { code: 'SINK_BUSY' } });
    expect(catalog.server.requests.length).toBeLessThan(20);
  });

  it('is a network failure if it is not reachable', async () => {
    await catalog.server.close();
    const sink = catalog.sink();
    await expect(sink.write(parents[0]!, NEVER)).rejects.toMatchObject({
      code: 'NETWORK_UNREACHABLE',
    });
    await catalog.replace();
  });
});

describe('stopping', () => {
  it('ends a pause with the reason of the signal', async () => {
    catalog.server.faults.push({ on: /^GET /, status: 503, times: 1000 });
    const controller = new AbortController();
    const writing = catalog
      .sink({ retry: { tries: 100, baseMs: 60_000, capMs: 60_000 } })
      .write(parents[0]!, controller.signal);
    setTimeout(() => controller.abort(), 30);
    await expect(writing).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('ends pending requests on close', async () => {
    catalog.server.faults.push({ on: /^PUT \/tables\/bulk$/, hang: true });
    const sink = catalog.sink();
    for (const record of [...parents, ...three]) await sink.write(record, NEVER);
    const finishing = sink.finish(succeeded, NEVER);
    setTimeout(() => void sink.close(), 30);
    expect(await finishing).toMatchObject({ status: 'failed', error: { code: 'ABORTED' } });
  });
});
