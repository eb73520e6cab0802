import { describe, expect, it } from 'vitest';
import { settle } from '../../../test/support/simulated-clock.ts';
import { SerialQueue } from './serial-queue.ts';

describe('SerialQueue', () => {
  it('runs one piece of work at a time, in order', async () => {
    const queue = new SerialQueue();
    const events: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      events.push(`${name} starts`);
      await settle();
      events.push(`${name} ends`);
    };
    await Promise.all([queue.run(work('first')), queue.run(work('second'))]);
    expect(events).toEqual(['first starts', 'first ends', 'second starts', 'second ends']);
  });

  it('returns the result of the work', async () => {
    await expect(new SerialQueue().run(() => Promise.resolve(7))).resolves.toBe(7);
  });

  it('continues after work that failed', async () => {
    const queue = new SerialQueue();
    const failed = queue.run(() => Promise.reject(new Error('disk on fire')));
    const next = queue.run(() => Promise.resolve('done'));
    await expect(failed).rejects.toThrow('disk on fire');
    await expect(next).resolves.toBe('done');
  });
});
