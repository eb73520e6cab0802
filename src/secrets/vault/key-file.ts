import { dirname } from 'node:path';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import { readTrustedFile } from '../../../foundation/src/runtime/trusted-file.ts';
import { KEY_BYTES } from './format.ts';
import { makePrivateDirectory, replacePrivateFile } from './private-files.ts';

const HEAD = 'hybrid-runner-vault-key-1:';
const MAX_BYTES = 1024;

/** Undefined when the file is missing. Throws VAULT_LOCKED, FILE_UNSAFE, FILE_UNREADABLE. */
export async function readKeyFile(path: string): Promise<Buffer | undefined> {
  const bytes = await readTrustedFile(path, { kind: 'private', maxBytes: MAX_BYTES });
  if (bytes === undefined) return undefined;
  const text = bytes.toString('utf8').trim();
  const key = Buffer.from(text.slice(HEAD.length), 'base64');
  if (!text.startsWith(HEAD) || key.length !== KEY_BYTES)
    throw new RunnerError('VAULT_LOCKED', `${path} does not contain a vault key`);
  return key;
}

/** Writes a new key to a file that does not exist yet. */
export async function createKeyFile(path: string, random: Random): Promise<Buffer> {
  const key = newKey(random);
  await makePrivateDirectory(dirname(path));
  await replaceKeyFile(path, key, random);
  return key;
}

export function newKey(random: Random): Buffer {
  return Buffer.from(random.bytes(KEY_BYTES));
}

export async function replaceKeyFile(path: string, key: Buffer, random: Random): Promise<void> {
  await replacePrivateFile(path, Buffer.from(`${HEAD}${key.toString('base64')}\n`), { random });
}
