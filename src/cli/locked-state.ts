import { mkdir } from 'node:fs/promises';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { FileLock } from '../../foundation/src/runtime/file-lock.ts';
import { systemProcesses } from '../../foundation/src/runtime/processes.ts';
import { lockStateDirectory } from '../link/outbox/spool-outbox-store.ts';

/**
 * Runs `work` while no runner uses the state directory: it replaces its own keys, and keeps the
 * identity and the settings that it started with. Throws STATE_LOCKED.
 */
export async function withLockedState<T>(stateDir: string, work: () => Promise<T>): Promise<T> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const lock = await lockState(stateDir);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function lockState(stateDir: string): Promise<FileLock> {
  try {
    return await lockStateDirectory(stateDir, systemProcesses);
  } catch (thrown) {
    const { code, message } = RunnerError.from(thrown);
    if (code !== 'STATE_LOCKED') throw thrown;
    throw new RunnerError(code, message, {
      cause: thrown,
      remedy: 'Stop the runner, `sudo systemctl stop hybrid-runner`, and start it afterwards.',
    });
  }
}
