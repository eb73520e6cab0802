import { join } from 'node:path';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { systemProcesses } from '../../foundation/src/runtime/processes.ts';
import {
  type AttemptEntry,
  HISTORY_DIRECTORY,
  LOCAL_HISTORY_DIRECTORY,
} from '../link/history/attempt-entry.ts';
import { readEntries, timeOf } from '../link/history/read-history.ts';

export interface RecentAttempt extends AttemptEntry {
  /** The process of a local run was killed before it could record the end. */
  readonly isKilled?: boolean;
}

/** The recent attempts on this machine, of the service and of `ingest`, newest first. */
export async function recentAttempts(stateDir: string): Promise<readonly RecentAttempt[]> {
  const directories = [HISTORY_DIRECTORY, LOCAL_HISTORY_DIRECTORY];
  const stored = await Promise.all(
    directories.map((directory) => readEntries(nodeDisk, join(stateDir, directory))),
  );
  const entries = stored.flat().map(({ entry }) => entry);
  const attempts = await Promise.all(entries.map(withFate));
  return attempts.toSorted((one, other) => timeOf(other) - timeOf(one));
}

async function withFate(entry: AttemptEntry): Promise<RecentAttempt> {
  if (entry.process === undefined || entry.end !== undefined) return entry;
  return { ...entry, isKilled: !(await systemProcesses.isAlive(entry.process)) };
}
