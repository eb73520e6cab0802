import { constants, type BigIntStats, type Stats } from 'node:fs';
import { open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { sep } from 'node:path';
import { isMissing } from '../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { withoutByteOrderMark } from './byte-order-mark.ts';
import {
  assertRegularFile,
  assertSafe,
  WRITABLE_BY_OTHERS,
} from '../../foundation/src/runtime/safe-file.ts';

const MAX_BYTES = 64 * 1024;

/** A file with one secret, as it was when it was opened. */
export interface SecretFile {
  /** Without a byte order mark at the start and without one line end at the end. */
  readonly text: string;
  /** Changes when the file is written again, also with the same text. */
  readonly version: string;
  /** The real path, relative to the root. */
  readonly place: string;
  /** Number of names (hard links) of the file. */
  readonly links: number;
}

/**
 * Reads the file at this absolute path. Undefined for a missing file, a directory, and an empty
 * file. A file that is really outside `directory`, is not a regular file, or can be changed by
 * others is FILE_UNSAFE; one larger than 64 KiB is FILE_UNREADABLE. Throws SECRET_PROVIDER_FAILED
 * when it cannot be read as text.
 */
export async function readFileBelow(
  directory: string,
  path: string,
): Promise<SecretFile | undefined> {
  return readInside(await realRoot(directory), path);
}

/** The real path of a directory of secrets. Throws SECRET_PROVIDER_FAILED. */
export function realRoot(directory: string): Promise<string> {
  return realpath(directory).catch((cause: unknown) => {
    const message = `cannot open the directory of secrets ${directory}`;
    throw new RunnerError('SECRET_PROVIDER_FAILED', message, { cause });
  });
}

/** Like readFileBelow; `root` must be a real path. */
export async function readInside(root: string, path: string): Promise<SecretFile | undefined> {
  await using file = await openIfPresent(path);
  if (file === undefined) return undefined;
  const place = placeBelow(root, await realPathOf(file, path), path);
  const stats = await file.stat();
  if (stats.isDirectory()) return undefined;
  assertSecretFile(path, stats);
  const version = versionOf(await file.stat({ bigint: true }));
  const text = decode(await file.readFile(), path);
  if (text === '') return undefined;
  return { text, version, place: withoutDeletedMark(place, stats), links: stats.nlink };
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new RunnerError('SECRET_PROVIDER_FAILED', `cannot open ${path}`, { cause });
  }
}

/**
 * On Linux the kernel tells where the open file is, so that a link swapped in the meantime changes
 * nothing.
 */
async function realPathOf(file: FileHandle, path: string): Promise<string> {
  return process.platform === 'linux' ? readlink(`/proc/self/fd/${file.fd}`) : realpath(path);
}

function placeBelow(root: string, real: string, path: string): string {
  const below = root.endsWith(sep) ? root : root + sep;
  if (real.startsWith(below)) return real.slice(below.length);
  throw new RunnerError('FILE_UNSAFE', `${path} leads out of the directory of secrets`, {
    remedy: 'Replace the link with a file.',
  });
}

function assertSecretFile(path: string, stats: Stats): void {
  assertRegularFile(path, stats);
  assertSafe(path, stats, WRITABLE_BY_OTHERS);
  if (stats.size > MAX_BYTES)
    throw new RunnerError('FILE_UNREADABLE', `${path} is larger than ${MAX_BYTES} bytes`, {
      remedy: 'Put only the secret in the file.',
    });
}

function versionOf({ dev, ino, ctimeNs, size }: BigIntStats): string {
  return `file ${dev} ${ino} ${ctimeNs} ${size}`;
}

/**
 * The kernel marks the path of a file that was removed after it was opened, as when a volume is
 * swapped.
 */
function withoutDeletedMark(place: string, { nlink }: Stats): string {
  return nlink === 0 ? place.replace(/ \(deleted\)$/, '') : place;
}

function decode(bytes: Buffer, path: string): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return withoutByteOrderMark(text).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new RunnerError('SECRET_PROVIDER_FAILED', `${path} is not UTF-8 text`, {
      cause,
      retryable: false,
    });
  }
}
