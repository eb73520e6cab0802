import { stat } from 'node:fs/promises';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { ifPresent } from '../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** How long a file must be unchanged; longer than the coarsest time stamps of file systems. */
const SETTLED_MS = 2000;
const MAX_WAITS = 15;

export interface Waiting {
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly signal: AbortSignal;
}

/**
 * What `read` returns for a file that has been unchanged for two seconds: what a tool that writes
 * in place has written so far can be valid, and permit more than the whole. Waits only
 * after a change. Throws FILE_UNREADABLE if the changes do not end within half a minute.
 */
export async function readSettled<T>(
  file: string,
  read: () => Promise<T>,
  { clock, signal }: Waiting,
): Promise<T> {
  let rested: string | undefined;
  for (let waits = 0; waits <= MAX_WAITS; waits += 1) {
    const before = await stateOf(file);
    const content = await read();
    const { name, changedAt } = await stateOf(file);
    const age = clock.now() - changedAt;
    // A time stamp in the future says nothing, so the file is observed instead.
    if (name === before.name && (name === rested || age >= SETTLED_MS)) return content;
    rested = name;
    await clock.sleep(SETTLED_MS, signal);
  }
  throw new RunnerError('FILE_UNREADABLE', `${file} is being changed all the time`, {
    remedy: 'Stop what changes it, or replace it with a rename.',
  });
}

async function stateOf(
  file: string,
): Promise<{ readonly name: string; readonly changedAt: number }> {
  const stats = await ifPresent(stat(file));
  if (stats === undefined) return { name: 'absent', changedAt: -Infinity };
  const { dev, ino, size, mtimeMs, ctimeMs } = stats;
  return { name: [dev, ino, size, mtimeMs, ctimeMs].join(' '), changedAt: mtimeMs };
}
