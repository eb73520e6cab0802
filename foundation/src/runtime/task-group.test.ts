import { describe, expect, it } from 'vitest';
import { settle } from '../../../test/support/simulated-clock.ts';
import { untilAborted, NEVER } from './abort.ts';
import { systemClock } from './clock.ts';
import { RunnerError } from './errors.ts';
import { TaskGroup } from './task-group.ts';

describe('TaskGroup', () => {
  it('stops the other loops when one fails, waits for all, and throws the first failure', async () => {
    const group = new TaskGroup(NEVER);
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
    const group = new TaskGroup(NEVER);
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
