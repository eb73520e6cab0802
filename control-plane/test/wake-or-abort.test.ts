import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { wakeOrAbort } from '../src/runtime/wake-or-abort.ts';

describe('wakeOrAbort', () => {
  it('resolves when woken, and removes its listener', async () => {
    const { signal } = new AbortController();
    const { woken, wake } = wakeOrAbort(signal);
    wake();
    await woken;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('resolves when the signal aborts', async () => {
    const controller = new AbortController();
    const { woken } = wakeOrAbort(controller.signal);
    controller.abort();
    await woken;
  });

  it('resolves at once for a signal that has aborted', async () => {
    await wakeOrAbort(AbortSignal.abort()).woken;
  });
});
