import type { constants } from 'node:os';

/** Name of an error of the operating system. */
export type Errno = keyof typeof constants.errno;

/** Whether `thrown` is an error of the operating system with one of these names. */
export function isErrno(thrown: unknown, ...names: readonly Errno[]): boolean {
  return (names as readonly unknown[]).includes(errorCodeOf(thrown));
}

/** The `code` that Node.js, the operating system or TLS gave an error. */
export function errorCodeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined;
}

/** Whether a path does not exist. */
export function isMissing(thrown: unknown): boolean {
  return isErrno(thrown, 'ENOENT', 'ENOTDIR');
}

/** Settles as `work` does; undefined if what it opens, reads or lists does not exist. */
export async function ifPresent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

/** Whether this user lacks the right, or the file system is read-only. */
export function isDenied(thrown: unknown): boolean {
  return isErrno(thrown, 'EACCES', 'EPERM', 'EROFS');
}
