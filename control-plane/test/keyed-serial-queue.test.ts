import { describe, expect, it } from 'vitest';
import { KeyedSerialQueue } from '../src/runtime/keyed-serial-queue.ts';

describe('KeyedSerialQueue', () => {
  it('runs work with one key in order, and continues after a failure', async () => {
    const queue = new KeyedSerialQueue();
    const gate = Promise.withResolvers<void>();
    const log: string[] = [];
    const first = queue.run('a', async () => {
      await gate.promise;
      log.push('first');
      throw new Error('first failed');
    });
    const second = queue.run('a', async () => log.push('second'));
    gate.resolve();
    await expect(first).rejects.toThrow('first failed');
    await second;
    expect(log).toEqual(['first', 'second']);
  });

  it('runs work with different keys at the same time', async () => {
    const queue = new KeyedSerialQueue();
    const gate = Promise.withResolvers<void>();
    const first = queue.run('a', () => gate.promise);
    await queue.run('b', () => Promise.resolve());
    gate.resolve();
    await first;
  });
});
