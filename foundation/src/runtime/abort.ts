import { RunnerError } from './errors.ts';
import type { Clock } from './clock.ts';
import { runAfter } from './wait.ts';

/** A signal that never fires. */
export const NEVER: AbortSignal = neverFiring();

/** It is shared by the process, so it keeps no listeners: most are never removed. */
function neverFiring(): AbortSignal {
  const { signal } = new AbortController();
  signal.addEventListener = () => undefined;
  return signal;
}

/** Throws the signal's reason as a RunnerError when it has fired. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw RunnerError.from(signal.reason, 'ABORTED');
}

/**
 * Settles as `work` does, or rejects with the signal's reason as soon as the signal fires. `work`
 * itself continues.
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal === NEVER) return await work;
  // Work that continues after the signal is not awaited; its failure must not count as unhandled.
  work.catch(() => undefined);
  throwIfAborted(signal);
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(RunnerError.from(signal.reason, 'ABORTED'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Resolves when the signal fires; never rejects. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}

/**
 * Runs `work` under a signal that fires when `parent` does or when `ms` have passed on `clock`,
 * then with DEADLINE_EXCEEDED and `what` in its message.
 */
export async function withDeadline<T>(
  what: string,
  ms: number,
  clock: Clock,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const settled = new AbortController();
  runAfter(
    clock,
    ms,
    () => deadline.abort(new RunnerError('DEADLINE_EXCEEDED', `${what} took longer than ${ms} ms`)),
    AbortSignal.any([settled.signal, parent]),
  );
  const signal = AbortSignal.any([parent, deadline.signal]);
  try {
    return await untilAborted(work(signal), signal);
  } finally {
    settled.abort();
  }
}
