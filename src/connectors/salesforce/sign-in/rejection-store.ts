import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ifPresent } from '../../../../foundation/src/runtime/errno.ts';

/**
 * Credentials that were sent: user, endpoint, and the versions of the secrets by field. Never a
 * value.
 */
export interface SentCredentials {
  readonly endpoint: string;
  readonly username: string;
  readonly versions: ReadonlyMap<string, string>;
}

/** Remembers rejected credentials across attempts, because orgs lock users after a few failures. */
export interface RejectionStore {
  /** When these were rejected, as Unix time in milliseconds; undefined if they were not. */
  find(sent: SentCredentials): Promise<number | undefined>;
  record(sent: SentCredentials): Promise<void>;
}

/** Beyond this number, the oldest are forgotten. */
const MAX_REJECTIONS = 200;

/**
 * One empty file for each rejection, named by a hash, with the time of the rejection. Nothing is
 * rewritten, so concurrent attempts cannot undo each other's entries, and the directory may be
 * deleted at any time. Versions are the same in every process, except where the state directory
 * cannot be written: then those of values whose provider has none end with the process.
 */
export function createRejectionStore(directory: string): RejectionStore {
  return {
    find: async (sent) => {
      return (await ifPresent(stat(join(directory, nameOf(sent)))))?.mtimeMs;
    },
    record: async (sent) => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFile(join(directory, nameOf(sent)), '', { mode: 0o600 });
      await forgetOldest(directory);
    },
  };
}

function nameOf({ endpoint, username, versions }: SentCredentials): string {
  const secrets = [...versions].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([endpoint, username.toLowerCase(), secrets]))
    .digest('hex');
}

async function forgetOldest(directory: string): Promise<void> {
  const names = await readdir(directory);
  if (names.length <= MAX_REJECTIONS) return;
  const aged = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(directory, name))).mtimeMs })),
  );
  const oldest = aged.sort((a, b) => a.at - b.at).slice(0, names.length - MAX_REJECTIONS);
  await Promise.all(oldest.map(({ name }) => rm(join(directory, name), { force: true })));
}
