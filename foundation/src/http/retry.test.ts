import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../test/support/simulated-clock.ts';
import { RunnerError } from '../runtime/errors.ts';
import { retry, type Retry, type RetryPolicy } from './retry.ts';

const random = { fraction: () => 1, bytes: () => new Uint8Array(), uuid: () => '' };
const reset = new RunnerError('NETWORK_RESET', 'reset');

function stage(policy: Partial<RetryPolicy>, work: () => Promise<string>) {
  const clock = new SimulatedClock();
  const stop = new AbortController();
  const state = { calls: 0, retries: [] as Retry[] };
  const onRetry = (each: Retry): void => void state.retries.push(each);
  const result = retry(
    { tries: 3, baseMs: 100, capMs: 1000, onRetry, ...policy },
    { clock, random },
    stop.signal,
    () => {
      state.calls += 1;
      return work();
    },
  );
  result.catch(() => undefined);
  return { clock, stop, state, result };
}

describe('retry', () => {
  it('retries after transient errors, and throws the last one', async () => {
    const { clock, state, result } = stage({}, () => Promise.reject(reset));
    await clock.advance(10_000);
    await expect(result).rejects.toBe(reset);
    expect(state.calls).toBe(3);
    expect(state.retries.map(({ attempt, pauseMs }) => [attempt, pauseMs])).toEqual([
      [1, 100],
      [2, 200],
    ]);
  });

  it('throws a permanent error at once', async () => {
    const denied = new RunnerError('SINK_FORBIDDEN', 'no');
    const { state, result } = stage({}, () => Promise.reject(denied));
    await expect(result).rejects.toBe(denied);
    expect(state.calls).toBe(1);
  });

  it('lets the policy decide which errors are transient', async () => {
    const { state, result } = stage({ mayPass: () => false }, () => Promise.reject(reset));
    await expect(result).rejects.toBe(reset);
    expect(state.calls).toBe(1);
  });

  it('waits at least as long as the server requests', async () => {
    const busy = new RunnerError('SINK_BUSY', 'busy', { retryAfterMs: 7000 });
    const { clock, state } = stage({}, () => Promise.reject(busy));
    await clock.advance(6999);
    expect(state.calls).toBe(1);
    await clock.advance(1);
    expect(state.calls).toBe(2);
  });

  it('does not count tries that failed while the server was down', async () => {
    let calls = 0;
    const { clock, state, result } = stage(
      { tries: 1, ready: () => Promise.resolve(calls < 3) },
      () => ((calls += 1) < 3 ? Promise.reject(reset) : Promise.resolve('done')),
    );
    await clock.advance(0);
    await expect(result).resolves.toBe('done');
    expect(state).toMatchObject({ calls: 3, retries: [] });
  });

  it('ends the pause when the signal fires', async () => {
    const { clock, stop, result } = stage({ baseMs: 60_000, capMs: 60_000 }, () =>
      Promise.reject(reset),
    );
    await clock.advance(10);
    stop.abort(new RunnerError('CANCELLED', 'by test'));
    await expect(result).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
