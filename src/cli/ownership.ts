import { accessSync, constants, statSync } from 'node:fs';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { isMissing } from '../../foundation/src/runtime/errno.ts';

/**
 * Lets root continue as the owner of the state directory: files that `sudo hybrid-runner secrets
 * set` writes are readable by the service, and root never trusts files that the service's user
 * wrote.
 */
export function actAsOwner(stateDir: string): void {
  if (process.getuid?.() !== 0) return;
  const owner = statSync(stateDir, { throwIfNoEntry: false });
  if (owner === undefined || owner.uid === 0) return;
  try {
    process.setgroups?.([owner.gid]);
    process.setgid?.(owner.gid);
    process.setuid?.(owner.uid);
  } catch (thrown) {
    throw new RunnerError(
      'FILE_UNSAFE',
      `${stateDir} belongs to user ${owner.uid}, and this process cannot switch to that user`,
      { cause: thrown, remedy: `Run this command as user ${owner.uid}.` },
    );
  }
}

/** Whether a file belongs to the owner of the state directory, who is not root. */
export function belongsToOwner(path: string, stateDir: string): boolean {
  const [file, owner] = [path, stateDir].map((each) => statSync(each, { throwIfNoEntry: false }));
  return file !== undefined && owner !== undefined && file.uid === owner.uid && owner.uid !== 0;
}

/**
 * Lets root do one thing as the owner of the state directory. Afterwards root is root again, to
 * change what only root may change.
 */
export async function asOwner<T>(stateDir: string, work: () => Promise<T>): Promise<T> {
  const owner = statSync(stateDir, { throwIfNoEntry: false });
  if (process.geteuid?.() !== 0 || owner === undefined || owner.uid === 0) return work();
  process.setegid?.(owner.gid);
  process.seteuid?.(owner.uid);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

/**
 * Call it after `actAsOwner`: the service's user must be able to read the file that root has read.
 * Throws FILE_UNREADABLE; a missing file is fine.
 */
export function assertConfigReadable(configFile: string): void {
  try {
    accessSync(configFile, constants.R_OK);
  } catch (thrown) {
    if (isMissing(thrown)) return;
    throw new RunnerError(
      'FILE_UNREADABLE',
      `user ${process.getuid?.()} has no permission to read ${configFile}`,
      {
        cause: thrown,
        remedy:
          'Run `sudo hybrid-runner service install` again. It makes the configuration readable by the service only.',
      },
    );
  }
}
