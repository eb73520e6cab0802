import { describe, expect, it } from 'vitest';
import { ref } from '../../../test/support/link/link-stage.ts';
import { SimulatedClock } from '../../../test/support/simulated-clock.ts';
import type { AttemptRef } from '../../domain/ids.ts';
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

describe('a lease', () => {
  it('ends before it ends at the control plane, counted from before it was asked for', async () => {
    const { clock, leases, lost, stop } = stage();
    await clock.advance(1_000);
    leases.grant(ref('a'), 60_000, 400);
    await clock.advance(49_300);
    expect(lost).toEqual([]);
    await clock.advance(200);
    expect(lost).toEqual([ref('a')]);
    stop.abort();
  });

  it('lives on when renewed, is not shortened by a late answer, and is lost once', async () => {
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

  it('that ended while the machine was suspended is lost within a second of its waking', async () => {
    const { clock, leases, lost, stop } = stage();
    leases.grant(ref('a'), 60_000, 0);
    await clock.advance(10_000);
    clock.suspend(3_600_000);
    await clock.advance(1_000);
    expect(lost).toEqual([ref('a')]);
    stop.abort();
  });

  it('tells of each new end, and of none that is earlier', () => {
    const told: number[] = [];
    const leases = new Leases(
      new SimulatedClock(),
      () => undefined,
      (_ref, endsAt) => told.push(endsAt),
    );
    leases.grant(ref('a'), 60_000, 0);
    leases.grant(ref('a'), 60_000, 15_000);
    leases.grant(ref('a'), 60_000, 5_000);
    expect(told).toEqual([50_000, 65_000]);
  });

  it('of absurd length is cut to what a timer can wait', async () => {
    const { leases, stop } = stage();
    leases.grant(ref('a'), 2 ** 32 - 1, 0);
    expect(leases.endOf(ref('a'))).toBe(24 * 3_600_000 - 10_000);
    stop.abort();
  });

  it('that is released is not lost', async () => {
    const { clock, leases, lost, stop } = stage();
    leases.grant(ref('a'), 6_000, 0);
    leases.grant(ref('b'), 12_000, 0);
    leases.release(ref('a'));
    await clock.advance(60_000);
    expect(lost).toEqual([ref('b')]);
    stop.abort();
  });
});
