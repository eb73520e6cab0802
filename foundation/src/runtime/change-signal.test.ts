import { describe, expect, it } from 'vitest';
import { settle } from '../../../test/support/simulated-clock.ts';
import { NEVER } from './abort.ts';
import { ChangeSignal } from './change-signal.ts';
import { RunnerError } from './errors.ts';

describe('ChangeSignal', () => {
  it('wakes every waiter once', async () => {
    const changed = new ChangeSignal();
    const woken: string[] = [];
    const wait = async (name: string): Promise<void> => {
      await changed.wait(NEVER);
      woken.push(name);
    };
    const both = [wait('first'), wait('second')];
    changed.notify();
    await Promise.all(both);
    void wait('third');
    await settle();
    expect(woken).toEqual(['first', 'second']);
  });

  it('checks a condition at once and at each change', async () => {
    const changed = new ChangeSignal();
    let count = 0;
    const reached = changed.until(() => count === 2, NEVER);
    await changed.until(() => count === 0, NEVER);
    for (count of [1, 2]) {
      changed.notify();
      await settle();
    }
    await reached;
  });

  it('rejects with the reason of the signal', async () => {
    const stop = new AbortController();
    const waiting = new ChangeSignal().wait(stop.signal);
    stop.abort(new RunnerError('ABORTED', 'stopped'));
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED', message: 'stopped' });
  });

  it('waits without a signal', async () => {
    const changed = new ChangeSignal();
    const waiting = changed.wait();
    changed.notify();
    await waiting;
  });
});
