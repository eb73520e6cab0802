import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Imported before everything else. Loading the program would grow the young generation to 16 MB or
// more, which stay while a few are in use, and the optimizing compilers bring 8 MB of code and heap
// into a process that may then wait for days.
const WHILE_STARTING = ['--semi-space-growth-factor=1', '--no-maglev', '--no-turbofan'];
const WITH_WORK = ['--semi-space-growth-factor=2', '--maglev', '--turbofan'];

for (const flag of WHILE_STARTING) setFlagsFromString(flag);

/** From now on, there is work that gains from a larger young generation and optimized code. */
export function allowGrowth(): void {
  for (const flag of WITH_WORK) setFlagsFromString(flag);
}

/**
 * Returns to the system what only the start needed. V8 collects when it allocates, which an idle
 * process does not.
 */
export async function compactHeap(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  await collect({ type: 'major', flavor: 'last-resort', execution: 'async' });
}
