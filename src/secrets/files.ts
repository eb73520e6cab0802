import { constants, type BigIntStats } from 'node:fs';
import { open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { untilAborted } from '../runtime/abort.ts';
import { RunnerError } from '../runtime/errors.ts';
import { assertSafe, isMissing } from '../runtime/trusted-file.ts';
import type { SecretProvider } from './provider.ts';
import { Secret } from './secret.ts';

const MAX_BYTES = 64 * 1024;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * A directory with a file a secret, as Docker (/run/secrets), Kubernetes (a volume with its `..data` link) and systemd
 * ($CREDENTIALS_DIRECTORY) give it. `/a/b` is the file `a/b`, or else `a.b`. One line end at the end is not part of
 * the value. A file that lies outside the directory, is no regular file, can be changed by others or is larger than
 * 64 KiB is FILE_UNSAFE. Files are opened at each read, so a swapped volume is seen at once. The version is that of the
 * file and not of its text: it lasts as long as the file is not written again.
 */
export function createFilesProvider(directory: string): SecretProvider {
  return {
    name: 'files',
    read: async (path, signal) => {
      return untilAborted(readFirst(directory, [...new Set([join(...path), path.join('.')])]), signal);
    },
  };
}

/** The file at this absolute path, if it really lies below `directory`: what the provider does, for a file that is named in full. */
export async function readFileBelow(directory: string, path: string): Promise<Secret | undefined> {
  return readInside(await rootOf(directory), path);
}

async function readFirst(directory: string, names: readonly string[]): Promise<Secret | undefined> {
  const root = await rootOf(directory);
  for (const name of names) {
    const secret = await readInside(root, join(root, name));
    if (secret !== undefined) return secret;
  }
  return undefined;
}

function rootOf(directory: string): Promise<string> {
  return realpath(directory).catch((thrown: unknown) => {
    throw new RunnerError('SECRET_PROVIDER_FAILED', `the directory of secrets ${directory} cannot be opened`, { cause: thrown });
  });
}

function versionOf({ dev, ino, ctimeNs, size }: BigIntStats): string {
  return `file ${dev} ${ino} ${ctimeNs} ${size}`;
}

/** Undefined for no file, a directory, and an empty file, which holds no secret. */
async function readInside(root: string, path: string): Promise<Secret | undefined> {
  await using file = await openIfPresent(path);
  if (file === undefined) return undefined;
  const real = await pathOf(file, path);
  if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) throw new RunnerError('FILE_UNSAFE', `${path} leads out of the directory of secrets`, { remedy: 'Replace the link with a file.' });
  const stats = await file.stat();
  if (stats.isDirectory()) return undefined;
  if (!stats.isFile()) throw new RunnerError('FILE_UNSAFE', `${path} is not a regular file`, { remedy: 'Put a regular file there.' });
  assertSafe(path, stats, WRITABLE_BY_OTHERS);
  if (stats.size > MAX_BYTES) throw new RunnerError('FILE_UNSAFE', `${path} is larger than ${MAX_BYTES} bytes`, { remedy: 'Put nothing but the secret in the file.' });
  const version = versionOf(await file.stat({ bigint: true }));
  const text = decode(await file.readFile(), path);
  return text === '' ? undefined : new Secret(text, version);
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw new RunnerError('SECRET_PROVIDER_FAILED', `${path} could not be opened`, { cause: thrown });
  }
}

/** Where the opened file really lies: asked of the kernel where it can say, so that a link swapped meanwhile changes nothing. */
async function pathOf(file: FileHandle, path: string): Promise<string> {
  return process.platform === 'linux' ? readlink(`/proc/self/fd/${file.fd}`) : realpath(path);
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (thrown) {
    throw new RunnerError('SECRET_PROVIDER_FAILED', `${path} is not UTF-8 text`, { cause: thrown, retryable: false });
  }
}
