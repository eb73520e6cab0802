import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../runtime/clock.ts';

const LOOK_MS = 1_000;

/**
 * Gives the memory that starting needed back to the system once `started` holds. A process that then waits for days
 * would keep it, because V8 collects when it allocates.
 */
export async function compactOnce(
  started: () => boolean,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  do await clock.sleep(LOOK_MS, signal);
  while (!started());
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  await collect({ type: 'major', flavor: 'last-resort', execution: 'async' });
}
