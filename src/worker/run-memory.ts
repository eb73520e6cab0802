import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RunMemory } from '../connectors/connector.ts';

/** What a run remembers is small; anything larger was not written by this program. */
const MOST_BYTES = 16 * 1024 * 1024;

/** A memory that lasts once it is committed. */
export interface FileRunMemory extends RunMemory {
  /** Makes what was to be kept last. Called when the outcome of the run is safe, and not before. */
  commit(): Promise<void>;
}

/** A file for each service. It may be deleted at any time, and one that cannot be read counts as none. */
export function createRunMemory(directory: string, service: string): FileRunMemory {
  const path = join(directory, `${createHash('sha256').update(service).digest('hex').slice(0, 32)}.json`);
  let kept: unknown;
  let touched = false;
  return {
    recall: async () => {
      try {
        if ((await stat(path)).size > MOST_BYTES) return undefined;
        return JSON.parse(await readFile(path, 'utf8')) as unknown;
      } catch {
        return undefined;
      }
    },
    keep: (state) => {
      kept = state;
      touched = true;
    },
    commit: async () => {
      if (!touched) return;
      if (kept === undefined) return rm(path, { force: true });
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const unfinished = `${path}.${process.pid}`;
      await writeFile(unfinished, JSON.stringify(kept), { mode: 0o600 });
      await rename(unfinished, path);
    },
  };
}
