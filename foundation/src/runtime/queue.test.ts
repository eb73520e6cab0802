import { describe, expect, it } from 'vitest';
import { settle } from '../../../test/support/simulated-clock.ts';
import { NEVER } from './abort.ts';
import { RunnerError } from './errors.ts';
import { Queue } from './queue.ts';

describe('Queue', () => {
  it('makes the producer wait while the queue is full', async () => {
    const queue = new Queue<number>(2);
    await queue.push(1, NEVER);
    await queue.push(2, NEVER);
    let third = false;
    const pushing = queue.push(3, NEVER).then(() => (third = true));
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
