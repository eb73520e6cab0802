import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';

const CHECK_INTERVAL_MS = 1_000;

/** What bin/hybrid-runner.js turns off for the start. */
const COMPILERS_ON = ['--maglev', '--turbofan'];

/**
 * Returns memory that the start needed to the system, once `isStarted` is true. V8 collects only
 * when it allocates, so a process that then waits for days would keep that memory. Then lets V8
 * optimize code, which pays off when jobs deliver data.
 */
export async function compactHeapOnce(
  isStarted: () => boolean,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  do await clock.sleep(CHECK_INTERVAL_MS, signal);
  while (!isStarted());
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  await collect({ type: 'major', flavor: 'last-resort', execution: 'async' });
  for (const flag of COMPILERS_ON) setFlagsFromString(flag);
}
