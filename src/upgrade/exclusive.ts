import { acquireFileLock } from '../../foundation/src/runtime/file-lock.ts';
import { systemProcesses } from '../../foundation/src/runtime/processes.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { rejected } from './signature.ts';

/**
 * Runs `work` unless another upgrade is in progress, which would be taken for one that was killed.
 * Throws UPGRADE_REFUSED. `path` is on a file system that a restart of the machine empties.
 */
export async function exclusively<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = await acquireFileLock({
    path,
    what: 'the installation',
    processes: systemProcesses,
  }).catch((thrown: unknown) => {
    const error = RunnerError.from(thrown);
    if (error.code !== 'STATE_LOCKED') throw error;
    throw rejected('another upgrade is in progress', error).with({
      remedy: 'Wait until it has ended.',
    });
  });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
