import type { Clock } from './clock.ts';

type Wait<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Settles as the first of several waits does, and cancels the others. Each gets a signal that fires
 * when `signal` does.
 */
export async function firstOf<T>(
  signal: AbortSignal,
  ...waits: readonly Wait<T>[]
): Promise<Awaited<T>> {
  const settled = new AbortController();
  const scope = AbortSignal.any([signal, settled.signal]);
  try {
    return await Promise.race(waits.map((wait) => wait(scope)));
  } finally {
    settled.abort();
  }
}

/**
 * Waits for an event, at most `ms` milliseconds. Resolves with whether it came. Rejects with the
 * reason of `signal`.
 */
export function sleepOrWoken(
  clock: Clock,
  ms: number,
  event: Wait<unknown>,
  signal: AbortSignal,
): Promise<boolean> {
  return firstOf(
    signal,
    (scope) => event(scope).then(() => true),
    (scope) => clock.sleep(ms, scope).then(() => false),
  );
}

/** Calls `action` after `ms` milliseconds unless `signal` fires before. */
export function runAfter(clock: Clock, ms: number, action: () => void, signal: AbortSignal): void {
  void clock.sleep(ms, signal).then(action, () => undefined);
}

/**
 * Sleeps `ms` milliseconds, or until `signal` fires. Resolves with whether the time has passed; no
 * rejection for the signal.
 */
export async function sleepUnlessAborted(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch (thrown) {
    if (signal.aborted) return false;
    throw thrown;
  }
}
