import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { settle, SimulatedClock } from '../../../test/support/simulated-clock.ts';
import { aborted, throwIfAborted, untilAborted, withDeadline, NEVER } from './abort.ts';
import { RunnerError } from './errors.ts';

describe('withDeadline', () => {
  it('rejects when the time is up and names the operation', async () => {
    const clock = new SimulatedClock();
    const slow = withDeadline('the call', 500, clock, NEVER, () => new Promise(() => undefined));
    const result = expect(slow).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: 'the call took longer than 500 ms',
    });
    await clock.advance(500);
    await result;
  });

  it('leaves no timer behind', async () => {
    const clock = new SimulatedClock();
    await withDeadline('quick', 500, clock, NEVER, () => Promise.resolve(1));
    await settle();
    expect(clock.sleepers).toBe(0);
  });
});

describe('untilAborted', () => {
  const stopped = new RunnerError('ABORTED', 'stopped');

  it('settles as the work does', async () => {
    await expect(untilAborted(Promise.resolve(7), NEVER)).resolves.toBe(7);
  });

  it('rejects with the reason of the signal while the work continues', async () => {
    const stop = new AbortController();
    const waiting = untilAborted(new Promise(() => undefined), stop.signal);
    stop.abort(stopped);
    await expect(waiting).rejects.toBe(stopped);
    expect(() => throwIfAborted(stop.signal)).toThrow(stopped);
    await aborted(stop.signal);
  });
});

describe('NEVER', () => {
  it('keeps no listener', () => {
    NEVER.addEventListener('abort', () => undefined, { once: true });
    expect(getEventListeners(NEVER, 'abort')).toEqual([]);
  });
});
