import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../test/support/simulated-clock.ts';
import { aborted, NEVER } from './abort.ts';
import { ChangeSignal } from './change-signal.ts';
import { RunnerError } from './errors.ts';
import { firstOf, runAfter, sleepOrWoken, sleepUnlessAborted } from './wait.ts';

const stopped = new RunnerError('ABORTED', 'stopped');

describe('firstOf', () => {
  it('settles as the first wait does and cancels the others', async () => {
    let canceled = false;
    const slow = async (scope: AbortSignal): Promise<string> => {
      await aborted(scope);
      canceled = true;
      return 'slow';
    };
    await expect(firstOf(NEVER, slow, () => Promise.resolve('fast'))).resolves.toBe('fast');
    expect(canceled).toBe(true);
  });

  it('throws what the first wait throws', async () => {
    const failing = (): Promise<never> => Promise.reject(stopped);
    await expect(firstOf(NEVER, (scope) => aborted(scope), failing)).rejects.toBe(stopped);
  });
});

describe('sleepOrWoken', () => {
  it('returns true when the event comes first, and leaves no timer behind', async () => {
    const clock = new SimulatedClock();
    const changed = new ChangeSignal();
    const woken = sleepOrWoken(clock, 500, (scope) => changed.wait(scope), NEVER);
    changed.notify();
    await expect(woken).resolves.toBe(true);
    expect(clock.sleepers).toBe(0);
  });

  it('returns false when the time passes first', async () => {
    const clock = new SimulatedClock();
    const changed = new ChangeSignal();
    const woken = sleepOrWoken(clock, 500, (scope) => changed.wait(scope), NEVER);
    await clock.advance(500);
    await expect(woken).resolves.toBe(false);
  });

  it('rejects with the reason of the signal', async () => {
    const stop = new AbortController();
    const changed = new ChangeSignal();
    const clock = new SimulatedClock();
    const woken = sleepOrWoken(clock, 500, (scope) => changed.wait(scope), stop.signal);
    stop.abort(stopped);
    await expect(woken).rejects.toBe(stopped);
  });
});

describe('sleepUnlessAborted', () => {
  it('returns true when the time has passed', async () => {
    const clock = new SimulatedClock();
    const slept = sleepUnlessAborted(clock, 500, NEVER);
    await clock.advance(500);
    await expect(slept).resolves.toBe(true);
  });

  it('returns false when the signal fires', async () => {
    const stop = new AbortController();
    const slept = sleepUnlessAborted(new SimulatedClock(), 500, stop.signal);
    stop.abort(stopped);
    await expect(slept).resolves.toBe(false);
  });
});

describe('runAfter', () => {
  it('calls the action after the time, unless the signal fires before', async () => {
    const clock = new SimulatedClock();
    const stop = new AbortController();
    let calls = 0;
    const count = (): void => void (calls += 1);
    runAfter(clock, 500, count, NEVER);
    runAfter(clock, 600, count, stop.signal);
    await clock.advance(500);
    stop.abort(stopped);
    await clock.advance(500);
    expect(calls).toBe(1);
    expect(clock.sleepers).toBe(0);
  });
});
