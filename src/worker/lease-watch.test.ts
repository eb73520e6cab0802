import { expect, it } from 'vitest';
import { SimulatedClock } from '../../test/support/simulated-clock.ts';
import { LeaseWatch } from './lease-watch.ts';

function watched(endsAt?: number): {
  clock: SimulatedClock;
  lease: LeaseWatch;
  over: () => boolean;
  stop: AbortController;
} {
  const clock = new SimulatedClock();
  const lease = new LeaseWatch(clock);
  if (endsAt !== undefined) lease.until(endsAt);
  const stop = new AbortController();
  let over = false;
  void lease.over(stop.signal).then(
    () => (over = true),
    () => undefined,
  );
  return { clock, lease, over: () => over, stop };
}

it('a lease expires when it ends, and not before', async () => {
  const { clock, over } = watched(50_000);
  await clock.advance(49_999);
  expect(over()).toBe(false);
  await clock.advance(1);
  expect(over()).toBe(true);
});

it('an extended lease continues', async () => {
  const { clock, lease, over } = watched(50_000);
  await clock.advance(40_000);
  lease.until(90_000);
  await clock.advance(49_000);
  expect(over()).toBe(false);
  await clock.advance(1_000);
  expect(over()).toBe(true);
});

it('a lease that ended during a suspend expires within a second after the resume', async () => {
  const { clock, over } = watched(50_000);
  await clock.advance(10_100);
  clock.suspend(3_600_000);
  await clock.advance(1_000);
  expect(over()).toBe(true);
});

it('ends a worker after one minute without a lease', async () => {
  const { clock, over } = watched();
  await clock.advance(59_000);
  expect(over()).toBe(false);
  await clock.advance(2_000);
  expect(over()).toBe(true);
});

it('a watch ends with its signal', async () => {
  const { clock, over, stop } = watched(50_000);
  await clock.advance(1_000);
  stop.abort();
  await clock.advance(0);
  expect(clock.sleepers).toBe(0);
  expect(over()).toBe(false);
});
