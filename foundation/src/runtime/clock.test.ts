import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';
import { RunnerError } from './errors.ts';

describe('systemClock', () => {
  it('rejects an interrupted sleep with the reason of the signal', async () => {
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort(new RunnerError('LEASE_LOST', 'gone'));
    await expect(sleeping).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });
});
