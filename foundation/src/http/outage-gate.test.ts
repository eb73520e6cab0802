import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../test/support/simulated-clock.ts';
import { RunnerError } from '../runtime/errors.ts';
import { OutageGate, type Wait } from './outage-gate.ts';
import { retry } from './retry.ts';

const PATIENCE_MS = 300_000;
const logger = { log: () => undefined, child: () => logger };
const refused = (): RunnerError =>
  new RunnerError('NETWORK_UNREACHABLE', 'connection refused', { neverSent: true });
const busy = (): RunnerError => new RunnerError('SINK_BUSY', 'status 503');

function stage() {
  const clock = new SimulatedClock();
  const waits: (Wait | undefined)[] = [];
  const stop = new AbortController();
  const random = { fraction: () => 0.5, bytes: () => new Uint8Array(), uuid: () => '' };
  const gate = new OutageGate({
    server: 'Salesforce',
    mayBeOutage: ({ retryable }) => retryable,
    patienceMs: PATIENCE_MS,
    pauseMs: 500,
    clock,
    random,
    logger,
    onWait: (wait) => void waits.push(wait),
    signal: stop.signal,
  });
  const org = { down: undefined as (() => RunnerError) | undefined, asked: 0, called: 0 };
  const exchange = async (): Promise<string> => {
    if (org.down !== undefined) {
      const error = org.down();
      gate.failed(error);
      throw error;
    }
    gate.answered();
    return 'answer';
  };
  const ready = (signal: AbortSignal): Promise<boolean> =>
    gate.pass(() => {
      org.asked += 1;
      return exchange();
    }, signal);
  const call = (work = exchange, signal = stop.signal): Promise<string> =>
    retry({ tries: 5, baseMs: 500, capMs: 20_000, ready }, { clock, random }, signal, () => {
      org.called += 1;
      return work();
    });
  return { clock, waits, stop, gate, org, call };
}

/** How a promise stands, without waiting for it. */
function watched<T>(promise: Promise<T>): { state: string; error?: unknown } {
  const seen: { state: string; error?: unknown } = { state: 'pending' };
  promise.then(
    () => (seen.state = 'done'),
    (error: unknown) => Object.assign(seen, { state: 'failed', error }),
  );
  return seen;
}

describe.each([
  ['refused connections', refused],
  ['answers of 503', busy],
])('an org that is down, with %s', (_what, down) => {
  it('is probed by one request at a time, and all calls continue once it is back', async () => {
    const { clock, org, call } = stage();
    org.down = down;
    const calls = Array.from({ length: 20 }, () => watched(call()));
    await clock.advance(200_000);
    expect(new Set(calls.map(({ state }) => state))).toEqual(new Set(['pending']));
    expect(org.called).toBe(20);
    expect(org.asked).toBeLessThan(40);
    org.down = undefined;
    await clock.advance(40_000);
    expect(new Set(calls.map(({ state }) => state))).toEqual(new Set(['done']));
    expect(org.called).toBe(40);
  });

  it('ends every call with a retryable error when the retry limit is reached, and gets no further call', async () => {
    const { clock, org, call } = stage();
    org.down = down;
    const calls = Array.from({ length: 20 }, () => watched(call()));
    await clock.advance(PATIENCE_MS + 60_000);
    for (const { error } of calls)
      expect(error).toMatchObject({
        code: down().code,
        retryable: true,
        message: expect.stringContaining('retried for 300 s') as string,
      });
    const { called, asked } = org;
    expect(called + asked).toBeLessThan(80);
    await expect(call()).rejects.toMatchObject({ code: down().code });
    expect([org.called, org.asked]).toEqual([called, asked]);
  });

  it('is abandoned at once if the patience ran out before the outage was detected', async () => {
    const { clock, org, call, gate } = stage();
    org.down = down;
    gate.failed(busy());
    await clock.advance(PATIENCE_MS + 1);
    for (let count = 0; count < 3; count++) gate.failed(down());
    await expect(call()).rejects.toMatchObject({ code: down().code, fatal: true });
    expect([org.called, org.asked]).toEqual([0, 0]);
  });

  it('is waited for only until the run is stopped', async () => {
    const { clock, org, call, stop } = stage();
    org.down = down;
    const calls = [watched(call()), watched(call())];
    await clock.advance(10_000);
    stop.abort(new RunnerError('ABORTED', 'cancelled'));
    await clock.advance(0);
    for (const { error } of calls) expect(error).toMatchObject({ code: 'ABORTED' });
    expect(clock.sleepers).toBe(0);
  });

  it('reports what is waited for, and the end of the wait', async () => {
    const { clock, org, call, waits } = stage();
    org.down = down;
    const calls = Array.from({ length: 5 }, () => call());
    await clock.advance(20_000);
    org.down = undefined;
    await clock.advance(60_000);
    await Promise.all(calls);
    expect(
      waits.slice(0, -1).every((wait) => wait?.error.code === down().code && wait.pauseMs > 0),
    ).toBe(true);
    expect(waits.at(-1)).toBeUndefined();
  });
});

describe('trouble of a single call', () => {
  it('does not delay calls that are answered', async () => {
    const { clock, call, gate, waits } = stage();
    const bad = watched(
      call(async () => {
        const error = busy();
        gate.failed(error);
        gate.answered();
        throw error;
      }),
    );
    await clock.advance(20_000);
    expect(bad).toMatchObject({ state: 'failed', error: { code: 'SINK_BUSY' } });
    expect(waits).toEqual([]);
  });

  it('is not an outage if it is the only call, and ends after its tries', async () => {
    const { clock, call, gate, org } = stage();
    const bad = watched(
      call(async () => {
        const error = busy();
        gate.failed(error);
        throw error;
      }),
    );
    await clock.advance(20_000);
    expect(bad).toMatchObject({ state: 'failed', error: { code: 'SINK_BUSY' } });
    expect(org.called).toBe(5);
    expect(org.asked).toBeLessThanOrEqual(2);
  });
});

describe('work that all calls depend on', () => {
  it('is retried after a transient error, within the patience', async () => {
    const { clock, gate, stop, call } = stage();
    let tries = 0;
    const work = watched(
      gate.persist(
        () => {
          tries += 1;
          return Promise.reject(busy());
        },
        () => true,
        stop.signal,
      ),
    );
    await clock.advance(PATIENCE_MS - 1000);
    expect(work.state).toBe('pending');
    await clock.advance(30_000);
    expect(work).toMatchObject({
      state: 'failed',
      error: { code: 'SINK_BUSY', retryable: true },
    });
    expect(tries).toBeLessThan(60);
    await expect(call()).rejects.toMatchObject({ code: 'SINK_BUSY' });
  });

  it('is not retried after a permanent failure', async () => {
    const { gate, stop } = stage();
    const denied = new RunnerError('SINK_UNAUTHORIZED', 'refused');
    await expect(
      gate.persist(
        () => Promise.reject(denied),
        ({ retryable }) => retryable,
        stop.signal,
      ),
    ).rejects.toMatchObject({ code: denied.code, message: denied.message, fatal: true });
  });
});
