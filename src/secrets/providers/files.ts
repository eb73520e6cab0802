import { constants, type BigIntStats } from 'node:fs';
import { open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { untilAborted } from '../../runtime/abort.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { isMissing } from '../../runtime/errno.ts';
import { assertRegularFile, assertSafe, WRITABLE_BY_OTHERS } from '../../runtime/safe-file.ts';
import type { SecretProvider } from '../provider.ts';
import { formatReference } from '../reference.ts';
import { Secret } from '../secret.ts';

const MAX_BYTES = 64 * 1024;

// What must never break: no two references reach the same file. A file has one reference, the one that its real path below
// the directory spells, and is read for no other.

/**
 * A directory with a file a secret, as Docker (/run/secrets), Kubernetes (a volume with its `..data` link) and systemd
 * ($CREDENTIALS_DIRECTORY) give it. The reference of a file is its path with each dot read as a slash: `a/b`, or flat
 * `a.b`, is `/a/b`. One line end at the end is not part of the value, nor is a byte order mark at the start. A file that
 * lies outside the directory, is no regular file, can be changed by others or is larger than 64 KiB is FILE_UNSAFE; a
 * reference that could mean another's file is SECRET_UNAVAILABLE. Files are opened at each read, so a swapped volume is
 * seen at once. The version is that of the file and not of its text: it lasts as long as the file is not written again.
 */
export function createFilesProvider(directory: string): SecretProvider {
  return {
    name: 'files',
    read: async (path, signal) => {
      const dotted = path.find((segment) => segment.includes('.'));
      if (dotted !== undefined)
        throw new RunnerError(
          'SECRET_UNAVAILABLE',
          `the segment ${dotted} holds a dot, which in the name of a file stands for a slash; a file like that is ${formatReference(path.flatMap((segment) => segment.split('.')))}`,
        );
      return untilAborted(readReferenced(directory, path), signal);
    },
  };
}

/** The file at this absolute path, if it really lies below `directory`: what the provider does, for a file that is named in full. */
export async function readFileBelow(directory: string, path: string): Promise<Secret | undefined> {
  return (await readInside(await rootOf(directory), path))?.secret;
}

/** Every way to write the path with slashes or dots between its segments; nested first. */
function spellings([first = '', ...rest]: readonly string[]): string[] {
  return rest.reduce(
    (names, segment) => [
      ...names.map((name) => `${name}${sep}${segment}`),
      ...names.map((name) => `${name}.${segment}`),
    ],
    [first],
  );
}

async function readReferenced(
  directory: string,
  path: readonly string[],
): Promise<Secret | undefined> {
  const root = await rootOf(directory);
  const files = await Promise.all(
    spellings(path).map((name) => readInside(root, join(root, name))),
  );
  const found = [
    ...new Map(
      files.filter((file) => file !== undefined).map((file) => [file.place, file]),
    ).values(),
  ];
  const stranger = found.find(({ place }) => referenceOf(place) !== formatReference(path));
  if (stranger !== undefined)
    throw new RunnerError(
      'SECRET_UNAVAILABLE',
      `a link leads ${formatReference(path)} to the file ${stranger.place}, whose reference is another; put the file itself there`,
    );
  if (found.length > 1)
    throw new RunnerError(
      'SECRET_UNAVAILABLE',
      `several files are ${formatReference(path)}: ${found.map(({ place }) => place).join(', ')}; keep one of them`,
    );
  const linked = found.find(({ names }) => names > 1);
  if (linked !== undefined)
    throw new RunnerError(
      'SECRET_UNAVAILABLE',
      `the file ${linked.place} has ${linked.names} names (hard links); put a copy of its own there`,
    );
  return found[0]?.secret;
}

/** What the real path of a file spells. Kubernetes keeps generations in directories whose names start with dots; these are not part of it. */
function referenceOf(place: string): string {
  return formatReference(
    place
      .split(sep)
      .filter((part) => !part.startsWith('.'))
      .flatMap((part) => part.split('.')),
  );
}

function rootOf(directory: string): Promise<string> {
  return realpath(directory).catch((thrown: unknown) => {
    throw new RunnerError(
      'SECRET_PROVIDER_FAILED',
      `the directory of secrets ${directory} cannot be opened`,
      { cause: thrown },
    );
  });
}

function versionOf({ dev, ino, ctimeNs, size }: BigIntStats): string {
  return `file ${dev} ${ino} ${ctimeNs} ${size}`;
}

interface FoundFile {
  readonly secret: Secret;
  /** Where it really lies, from the root. */
  readonly place: string;
  /** How many names the file has. */
  readonly names: number;
}

/** Undefined for no file, a directory, and an empty file, which holds no secret. */
async function readInside(root: string, path: string): Promise<FoundFile | undefined> {
  await using file = await openIfPresent(path);
  if (file === undefined) return undefined;
  const real = await pathOf(file, path);
  const below = root.endsWith(sep) ? root : root + sep;
  if (!real.startsWith(below))
    throw new RunnerError('FILE_UNSAFE', `${path} leads out of the directory of secrets`, {
      remedy: 'Replace the link with a file.',
    });
  const stats = await file.stat();
  if (stats.isDirectory()) return undefined;
  assertRegularFile(path, stats);
  assertSafe(path, stats, WRITABLE_BY_OTHERS);
  if (stats.size > MAX_BYTES)
    throw new RunnerError('FILE_UNSAFE', `${path} is larger than ${MAX_BYTES} bytes`, {
      remedy: 'Put nothing but the secret in the file.',
    });
  const version = versionOf(await file.stat({ bigint: true }));
  const text = decode(await file.readFile(), path);
  // The kernel marks the path of a file that was removed since it was opened, as by a volume's swap.
  const place = real.slice(below.length).replace(stats.nlink === 0 ? / \(deleted\)$/ : /$^/, '');
  return text === '' ? undefined : { secret: new Secret(text, version), place, names: stats.nlink };
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw new RunnerError('SECRET_PROVIDER_FAILED', `${path} could not be opened`, {
      cause: thrown,
    });
  }
}

/** Where the opened file really lies: asked of the kernel where it can say, so that a link swapped meanwhile changes nothing. */
async function pathOf(file: FileHandle, path: string): Promise<string> {
  return process.platform === 'linux' ? readlink(`/proc/self/fd/${file.fd}`) : realpath(path);
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
      .decode(bytes)
      .replace(/^\ufeff/, '')
      .replace(/\r?\n$/, '');
  } catch (thrown) {
    throw new RunnerError('SECRET_PROVIDER_FAILED', `${path} is not UTF-8 text`, {
      cause: thrown,
      retryable: false,
    });
  }
}
