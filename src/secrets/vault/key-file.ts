import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeFile } from '../../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import { readTrustedFile } from '../../../foundation/src/runtime/trusted-file.ts';
import { converted, type SealTarget } from '../../sealing/convert.ts';
import { MAX_SEALED_BYTES, noSeal, type Seal } from '../../sealing/seal.ts';
import { KEY_BYTES } from './format.ts';
import { isTemporaryOf, makePrivateDirectory, replacePrivateFile } from './private-files.ts';

const HEAD = 'hybrid-runner-vault-key-1:';

/**
 * Undefined when the file is missing. Throws VAULT_LOCKED, FILE_UNSAFE, FILE_UNREADABLE, and what
 * `seal` throws.
 */
export async function readKeyFile(path: string, seal: Seal = noSeal): Promise<Buffer | undefined> {
  const bytes = await readTrustedFile(path, { kind: 'private', maxBytes: MAX_SEALED_BYTES });
  if (bytes === undefined) return undefined;
  const text = (await seal.open(bytes, path)).trim();
  const key = Buffer.from(text.slice(HEAD.length), 'base64');
  if (!text.startsWith(HEAD) || key.length !== KEY_BYTES)
    throw new RunnerError('VAULT_LOCKED', `${path} does not contain a vault key`);
  return key;
}

/** Writes a new key to a file that does not exist yet. */
export async function createKeyFile(
  path: string,
  random: Random,
  seal: Seal = noSeal,
): Promise<Buffer> {
  const key = newKey(random);
  await makePrivateDirectory(dirname(path));
  await replaceKeyFile(path, key, random, seal);
  return key;
}

export function newKey(random: Random): Buffer {
  return Buffer.from(random.bytes(KEY_BYTES));
}

export async function replaceKeyFile(
  path: string,
  key: Buffer,
  random: Random,
  seal: Seal = noSeal,
): Promise<void> {
  const bytes = await seal.close(`${HEAD}${key.toString('base64')}\n`);
  await replacePrivateFile(path, bytes, { random });
}

/**
 * Seals or unseals a key file, and removes what a killed process has left of one. False if there
 * was nothing to change.
 */
export async function convertKeyFile(
  path: string,
  {
    seal,
    target,
    random,
  }: { readonly seal: Seal; readonly target: SealTarget; readonly random: Random },
): Promise<boolean> {
  const stored = await readTrustedFile(path, { kind: 'private', maxBytes: MAX_SEALED_BYTES });
  if (stored === undefined) return false;
  const bytes = await converted(stored, path, seal, target);
  if (bytes !== undefined) await replacePrivateFile(path, bytes, { random });
  for (const name of await readdir(dirname(path)))
    if (isTemporaryOf(path, name)) await removeFile(nodeDisk, join(dirname(path), name));
  return bytes !== undefined;
}
