import { link } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { replaceFile } from '../../../foundation/src/runtime/atomic-write.ts';
import { removeFile } from '../../../foundation/src/runtime/disk.ts';
import { isDenied, isMissing } from '../../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';

/** Creates the directory, for this user alone, if it is missing. */
export async function makePrivateDirectory(path: string): Promise<void> {
  try {
    await nodeDisk.makeDirectory(path);
  } catch (thrown) {
    throw unwritableOr(thrown, path);
  }
}

export interface ReplaceOptions {
  readonly random: Random;
  /** Keeps the replaced content under this name. */
  readonly previous?: string | undefined;
}

/**
 * Replaces a private file completely or not at all. Throws FILE_UNWRITABLE, DISK_FULL,
 * SECRET_PROVIDER_FAILED.
 */
export async function replacePrivateFile(
  path: string,
  bytes: Buffer,
  { random, previous }: ReplaceOptions,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${random.uuid()}`);
  try {
    await replaceFile(nodeDisk, path, bytes, {
      temporary,
      beforeRename: async () => {
        if (previous !== undefined) await keepAs(path, previous);
      },
    });
  } catch (thrown) {
    throw RunnerError.from(unwritableOr(thrown, dirname(path)), 'SECRET_PROVIDER_FAILED');
  }
}

/** Whether a name in its directory is that of a file which was to replace it. */
export function isTemporaryOf(path: string, name: string): boolean {
  const head = `.${basename(path)}.`;
  const uuid = name.slice(head.length);
  return name.startsWith(head) && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid);
}

async function keepAs(path: string, previous: string): Promise<void> {
  await removeFile(nodeDisk, previous);
  try {
    await link(path, previous);
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
  }
}

/**
 * FILE_UNWRITABLE when this user lacks the right, since only a person can fix that; other errors
 * unchanged.
 */
export function unwritableOr(thrown: unknown, path: string): unknown {
  if (!isDenied(thrown)) return thrown;
  const user = process.getuid?.() ?? '';
  return new RunnerError('FILE_UNWRITABLE', `user ${user} cannot write to ${path}`, {
    cause: thrown,
    remedy: [
      'Run the command as the user of the runner, or set paths that this user can write to:',
      '--vault-file (secrets.vault.file) and --vault-key-file (secrets.vault.keyFile).',
    ].join(' '),
  });
}
