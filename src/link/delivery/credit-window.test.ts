import { describe, expect, it } from 'vitest';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { CreditWindow } from './credit-window.ts';

describe('a credit window', () => {
  it('admits waiters in order as room appears', async () => {
    const window = new CreditWindow(100);
    const order: string[] = [];
    await window.take(80, NEVER);
    const big = window.take(60, NEVER).then(() => order.push('big'));
    const small = window.take(10, NEVER).then(() => order.push('small'));
    await Promise.resolve();
    expect(order).toEqual([]);
    window.release(80);
    await Promise.all([big, small]);
    expect(order).toEqual(['big', 'small']);
    expect(window.used).toBe(70);
  });

  it('removes a canceled waiter and admits the next', async () => {
    const window = new CreditWindow(100);
    await window.take(80, NEVER);
    const stop = new AbortController();
    const waiting = window.take(50, stop.signal);
    const next = window.take(20, NEVER);
    stop.abort(new RunnerError('CANCELLED', 'enough'));
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await next;
    expect(window.used).toBe(100);
  });
});
