import { describe, expect, it } from 'vitest';
import { ref } from '../../../test/support/link/link-stage.ts';
import { SimulatedClock } from '../../../test/support/simulated-clock.ts';
import type { AttemptRef } from '../../../foundation/src/domain/ids.ts';
import { Leases } from './leases.ts';

function stage(): {
  clock: SimulatedClock;
  leases: Leases;
  lost: AttemptRef[];
  stop: AbortController;
} {
  const clock = new SimulatedClock();
  const lost: AttemptRef[] = [];
  const leases = new Leases(clock, (ended) => lost.push(ended));
  const stop = new AbortController();
  void leases.run(stop.signal).catch(() => undefined);
  return { clock, leases, lost, stop };
}

describe('leases', () => {
  it('end here before they end at the control plane, counted from before the request', async () => {
    const { clock, leases, lost, stop } = stage();
    await clock.advance(1_000);
    leases.grant(ref('a'), 60_000, 400);
    await clock.advance(49_300);
    expect(lost).toEqual([]);
    await clock.advance(200);
    expect(lost).toEqual([ref('a')]);
    stop.abort();
  });

  it('last longer when renewed, are not shortened by a late response, and are lost once', async () => {
    const { clock, leases, lost, stop } = stage();
    leases.grant(ref('a'), 60_000, 0);
    await clock.advance(40_000);
    leases.grant(ref('a'), 60_000, 40_000);
    leases.grant(ref('a'), 60_000, 20_000);
    await clock.advance(49_000);
    expect(lost).toEqual([]);
    await clock.advance(60_000);
    expect(lost).toEqual([ref('a')]);
    stop.abort();
  });

  it('are lost within a second after the machine resumes when they ended during a suspend', async () => {
    const { clock, leases, lost, stop } = stage();
    leases.grant(ref('a'), 60_000, 0);
    await clock.advance(10_000);
    clock.suspend(3_600_000);
    await clock.advance(1_000);
    expect(lost).toEqual([ref('a')]);
    stop.abort();
  });

  it('report each later end, and no earlier one', () => {
    const reported: number[] = [];
    const leases = new Leases(
      new SimulatedClock(),
      () => undefined,
      (_ref, endsAt) => reported.push(endsAt),
    );
    leases.grant(ref('a'), 60_000, 0);
    leases.grant(ref('a'), 60_000, 15_000);
    leases.grant(ref('a'), 60_000, 5_000);
    expect(reported).toEqual([50_000, 65_000]);
  });

  it('are limited to 24 hours', async () => {
    const { leases, stop } = stage();
    leases.grant(ref('a'), 2 ** 32 - 1, 0);
    expect(leases.endOf(ref('a'))).toBe(24 * 3_600_000 - 10_000);
    stop.abort();
  });

  it('are not reported as lost after their release', async () => {
    const { clock, leases, lost, stop } = stage();
    leases.grant(ref('a'), 6_000, 0);
    leases.grant(ref('b'), 12_000, 0);
    leases.release(ref('a'));
    await clock.advance(60_000);
    expect(lost).toEqual([ref('b')]);
    stop.abort();
  });
});
