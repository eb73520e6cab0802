import { createHmac } from 'node:crypto';
import { link } from 'node:fs/promises';
import { join } from 'node:path';
import { createDurably } from '../../foundation/src/runtime/atomic-write.ts';
import { removeFile } from '../../foundation/src/runtime/disk.ts';
import { isDenied, isErrno } from '../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import type { Random } from '../../foundation/src/runtime/random.ts';
import { readTrustedFile } from '../../foundation/src/runtime/trusted-file.ts';
import { makePrivateDirectory } from './vault/private-files.ts';

// Invariant: the key never leaves the state directory, and every process of it has the same one:
// it is written once, by whoever is first. Without the key, guesses of a value cannot be tested
// against its version.

const KEY_BYTES = 32;
const KEY_FILE = 'secret-versions.key';
/** Another process does not know such a version. */
const FOR_PROCESS = 'process ';
const KEPT = 'value ';

/** Versions of values whose provider has none. */
export interface ValueVersions {
  /**
   * Changes when the value changes, and reveals nothing about it. Throws FILE_UNSAFE,
   * FILE_UNREADABLE and DISK_FULL.
   */
  of(value: string): Promise<string>;
}

/** Whether other processes know the version as well. */
export function outlivesProcess(version: string): boolean {
  return !version.startsWith(FOR_PROCESS);
}

/** Versions of this process only. */
export function processVersions(random: Pick<Random, 'bytes'>): ValueVersions {
  const key = Buffer.from(random.bytes(KEY_BYTES));
  return { of: async (value) => FOR_PROCESS + hashOf(value, key) };
}

/**
 * The same versions in every process with this state directory. Versions of this process only where
 * the directory cannot be written.
 */
export function keptVersions(
  directory: string,
  random: Pick<Random, 'bytes' | 'uuid'>,
): ValueVersions {
  const path = join(directory, KEY_FILE);
  const here = processVersions(random);
  let key: Buffer | undefined;
  return {
    of: async (value) => {
      key ??= (await readKey(path)) ?? (await createKey(directory, path, random));
      return key === undefined ? here.of(value) : KEPT + hashOf(value, key);
    },
  };
}

function hashOf(value: string, key: Buffer): string {
  return createHmac('sha256', key).update(value).digest('base64url').slice(0, 16);
}

async function readKey(path: string): Promise<Buffer | undefined> {
  const bytes = await readTrustedFile(path, { kind: 'private', maxBytes: KEY_BYTES });
  if (bytes === undefined || bytes.length === KEY_BYTES) return bytes;
  throw new RunnerError('FILE_UNREADABLE', `${path} is damaged`, {
    remedy:
      'Delete the file. The next run makes another, and forgets which passwords were rejected.',
  });
}

/** The key of whichever process is first; undefined where none can be stored. */
async function createKey(
  directory: string,
  path: string,
  random: Pick<Random, 'bytes' | 'uuid'>,
): Promise<Buffer | undefined> {
  const temporary = join(directory, `.${KEY_FILE}.${random.uuid()}`);
  try {
    await makePrivateDirectory(directory);
    await createDurably(nodeDisk, temporary, Buffer.from(random.bytes(KEY_BYTES)));
    await linkOnce(temporary, path);
    await nodeDisk.syncDirectory(directory);
  } catch (thrown) {
    if (isDenied(thrown) || isUnwritable(thrown)) return undefined;
    throw thrown;
  } finally {
    await removeFile(nodeDisk, temporary).catch(() => undefined);
  }
  return readKey(path);
}

/** A name that exists stays as it is. */
async function linkOnce(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (thrown) {
    if (!isErrno(thrown, 'EEXIST')) throw thrown;
  }
}

function isUnwritable(thrown: unknown): boolean {
  return thrown instanceof RunnerError && thrown.code === 'FILE_UNWRITABLE';
}
