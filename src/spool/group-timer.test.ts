import { describe, expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { SimulatedClock } from '../../test/support/simulated-clock.ts';
import { GroupTimer } from './group-timer.ts';

describe('the timer of groups', () => {
  it('is due when the first record of the current group has waited, whatever came before', async () => {
    const clock = new SimulatedClock();
    const due: number[] = [];
    const timer = new GroupTimer(clock, 20, () => due.push(clock.monotonic()));
    for (let group = 0; group < 5; group++) {
      timer.start(NEVER);
      await clock.advance(3);
      timer.stop();
    }
    timer.start(NEVER);
    expect(clock.sleepers).toBe(1);
    await clock.advance(19);
    expect([timer.isDue, due]).toEqual([false, []]);
    await clock.advance(1);
    expect([timer.isDue, due]).toEqual([true, [35]]);
  });

  it('is not due between groups, and starts again with the next', async () => {
    const clock = new SimulatedClock();
    const due: number[] = [];
    const timer = new GroupTimer(clock, 20, () => due.push(clock.monotonic()));
    timer.start(NEVER);
    timer.stop();
    await clock.advance(100);
    expect([timer.isDue, clock.sleepers, due]).toEqual([false, 0, []]);
    for (const at of [120, 140]) {
      timer.start(NEVER);
      await clock.advance(20);
      expect([timer.isDue, due.at(-1)]).toEqual([true, at]);
      timer.stop();
      expect(timer.isDue).toBe(false);
    }
  });

  it('ends with its signal', async () => {
    const clock = new SimulatedClock();
    const stop = new AbortController();
    const timer = new GroupTimer(clock, 20, () => expect.unreachable());
    timer.start(stop.signal);
    stop.abort();
    await clock.advance(50);
    expect([timer.isDue, clock.sleepers]).toEqual([false, 0]);
  });
});
