import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../test/support/simulated-clock.ts';
import { Backoff, retry } from './backoff.ts';
import { RunnerError } from './errors.ts';
import { systemRandom, type Random } from './random.ts';

const highest: Random = { ...systemRandom, fraction: () => 1 - Number.EPSILON };
const options = { baseMs: 1000, capMs: 60_000, stableMs: 30_000 };

describe('Backoff', () => {
  it('doubles its bound up to the cap', () => {
    const backoff = new Backoff(options, new SimulatedClock(), highest);
    const pauses = Array.from({ length: 8 }, () => Math.round(backoff.next()));
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('spreads its pauses over the whole range', () => {
    const backoff = new Backoff({ ...options, capMs: 1000 }, new SimulatedClock(), systemRandom);
    const pauses = Array.from({ length: 400 }, () => backoff.next());
    expect(Math.min(...pauses)).toBeLessThan(100);
    expect(Math.max(...pauses)).toBeGreaterThan(900);
  });

  it('forgives only after things went well for long enough', async () => {
    const clock = new SimulatedClock();
    const backoff = new Backoff(options, clock, highest);
    backoff.next();
    backoff.next();
    backoff.succeeded();
    await clock.advance(29_999);
    expect(Math.round(backoff.next())).toBe(4000);
    backoff.succeeded();
    await clock.advance(30_000);
    expect(Math.round(backoff.next())).toBe(1000);
  });
});

describe('retry', () => {
  const signal = new AbortController().signal;

  it('repeats retryable failures and gives up after the last try', async () => {
    const clock = new SimulatedClock();
    let calls = 0;
    const failing = retry({ ...options, tries: 3 }, clock, highest, signal, () => {
      calls += 1;
      return Promise.reject(new RunnerError('NETWORK_RESET', `call ${calls}`));
    });
    const result = expect(failing).rejects.toMatchObject({
      code: 'NETWORK_RESET',
      message: 'call 3',
    });
    await clock.advance(10_000);
    await result;
  });

  it('does not repeat what cannot succeed', async () => {
    let calls = 0;
    const failing = retry({ ...options, tries: 3 }, new SimulatedClock(), highest, signal, () => {
      calls += 1;
      return Promise.reject(new RunnerError('SALESFORCE_LOGIN_FAILED', 'no'));
    });
    await expect(failing).rejects.toMatchObject({ code: 'SALESFORCE_LOGIN_FAILED' });
    expect(calls).toBe(1);
  });

  it('ends its pause when the signal fires', async () => {
    const controller = new AbortController();
    const clock = new SimulatedClock();
    const waiting = retry({ ...options, tries: 9 }, clock, highest, controller.signal, () =>
      Promise.reject(new RunnerError('NETWORK_RESET', 'x')),
    );
    const result = expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await clock.advance(10);
    controller.abort(new RunnerError('CANCELLED', 'by test'));
    await result;
  });
});
