import type { Stats } from 'node:fs';
import { RunnerError } from './errors.ts';

/** Mode bits that let others than the owner change a file. */
export const WRITABLE_BY_OTHERS = 0o022;
/** Mode bits that let others than the owner do anything with a file. */
export const OPEN_TO_OTHERS = 0o077;

/** Who may own a file that this process relies on. */
export type TrustedOwner = 'self' | 'self or root' | 'anyone';

/**
 * Throws FILE_UNSAFE for anything but a regular file. Check the open file, so that it cannot be
 * swapped in between.
 */
export function assertRegularFile(path: string, stats: Pick<Stats, 'isFile'>): void {
  if (!stats.isFile())
    throw new RunnerError('FILE_UNSAFE', `${path} is not a regular file`, {
      remedy: `Put a regular file at ${path}.`,
    });
}

/**
 * Throws FILE_UNSAFE when a forbidden mode bit is set or the owner is not trusted. Windows has no
 * such bits.
 */
export function assertSafe(
  path: string,
  { uid, mode }: Pick<Stats, 'uid' | 'mode'>,
  forbidden: number,
  owner: TrustedOwner = 'self or root',
): void {
  const self = process.getuid?.();
  if (self === undefined) return;
  if (!isTrusted(owner, uid, self))
    throw new RunnerError('FILE_UNSAFE', `${path} belongs to another user (uid ${uid})`, {
      remedy: `Run chown on ${path}, so that it belongs to ${owner === 'self' ? '' : 'root or to '}the user that runs this program.`,
    });
  const bits = mode & forbidden;
  if (bits === 0) return;
  const what = (bits & WRITABLE_BY_OTHERS) === 0 ? 'read' : 'changed';
  const octal = (mode & 0o777).toString(8);
  throw new RunnerError('FILE_UNSAFE', `${path} can be ${what} by others (mode ${octal})`, {
    remedy: `Run chmod ${forbidden === WRITABLE_BY_OTHERS ? 'go-w' : 'go-rwx'} ${path}.`,
  });
}

function isTrusted(owner: TrustedOwner, uid: number, self: number): boolean {
  return owner === 'anyone' || uid === self || (owner === 'self or root' && uid === 0);
}
