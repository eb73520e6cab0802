import { describe, expect, it } from 'vitest';
import { settle, SimulatedClock } from '../../test/support/simulated-clock.ts';
import { untilAborted, withDeadline } from './abort.ts';
import { systemClock } from './clock.ts';
import { RunnerError } from './errors.ts';
import { Queue } from './queue.ts';
import { TaskGroup } from './task-group.ts';

const never = new AbortController().signal;

describe('TaskGroup', () => {
  it('stops the other loops when one fails, waits for all, and throws the first failure', async () => {
    const group = new TaskGroup(never);
    let stopped = false;
    group.start(async (signal) => {
      await untilAborted(new Promise(() => undefined), signal).catch(() => undefined);
      await settle();
      stopped = true;
    });
    group.start(() => Promise.reject(new RunnerError('NETWORK_RESET', 'first')));
    await expect(group.wait()).rejects.toMatchObject({ message: 'first' });
    expect(stopped).toBe(true);
  });

  it('resolves when the parent signal fires', async () => {
    const parent = new AbortController();
    const group = new TaskGroup(parent.signal);
    group.start((signal) => systemClock.sleep(60_000, signal));
    parent.abort(new RunnerError('ABORTED', 'stop'));
    await expect(group.wait()).resolves.toBeUndefined();
  });

  it('waits for loops started while it waits', async () => {
    const group = new TaskGroup(never);
    const done: string[] = [];
    group.start(async () => {
      await settle();
      group.start(async () => {
        await settle();
        done.push('inner');
      });
    });
    await group.wait();
    expect(done).toEqual(['inner']);
  });
});

describe('withDeadline', () => {
  it('rejects when the time is up and names the operation', async () => {
    const clock = new SimulatedClock();
    const slow = withDeadline('the call', 500, clock, never, () => new Promise(() => undefined));
    const result = expect(slow).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: 'the call took longer than 500 ms',
    });
    await clock.advance(500);
    await result;
  });

  it('leaves no timer behind', async () => {
    const clock = new SimulatedClock();
    await withDeadline('quick', 500, clock, never, () => Promise.resolve(1));
    await settle();
    expect(clock.sleepers).toBe(0);
  });
});

describe('Queue', () => {
  it('makes the producer wait while the queue is full', async () => {
    const queue = new Queue<number>(2);
    await queue.push(1, never);
    await queue.push(2, never);
    let third = false;
    const pushing = queue.push(3, never).then(() => (third = true));
    await settle();
    expect(third).toBe(false);
    const reader = queue[Symbol.asyncIterator]();
    expect(await reader.next()).toMatchObject({ value: 1 });
    await pushing;
    expect(third).toBe(true);
  });

  it('yields the remaining items before it ends, then throws its error', async () => {
    const queue = new Queue<number>(4);
    queue.offer(1);
    queue.end(new RunnerError('NETWORK_RESET', 'broke'));
    expect(queue.offer(2)).toBe(false);
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const item of queue) seen.push(item);
      })(),
    ).rejects.toMatchObject({ code: 'NETWORK_RESET' });
    expect(seen).toEqual([1]);
  });
});

describe('systemClock', () => {
  it('rejects an interrupted sleep with the reason of the signal', async () => {
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort(new RunnerError('LEASE_LOST', 'gone'));
    await expect(sleeping).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });
});
