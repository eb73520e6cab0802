import { dirname } from 'node:path';
import { z } from 'zod';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { isDenied } from '../../../foundation/src/runtime/errno.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import { readTrustedFile } from '../../../foundation/src/runtime/trusted-file.ts';
import type { VaultContent } from './format.ts';
import { replacePrivateFile } from './private-files.ts';

const MAX_BYTES = 1024;

const memorySchema = z.strictObject({ vault: z.uuid(), generation: z.int().min(1) });

/** The newest generation of a vault that was written here. */
export type VaultGeneration = z.infer<typeof memorySchema>;

/** Beside the key, because whoever can replace the vault must not be able to replace this file. */
export function generationFileOf(keyFile: string): string {
  return `${keyFile}.generation`;
}

/**
 * Undefined if nothing was stored yet. Throws VAULT_ROLLED_BACK for a file that is not valid,
 * FILE_UNSAFE, FILE_UNREADABLE.
 */
export async function readGeneration(keyFile: string): Promise<VaultGeneration | undefined> {
  const path = generationFileOf(keyFile);
  const bytes = await readTrustedFile(path, { kind: 'private', maxBytes: MAX_BYTES });
  if (bytes === undefined) return undefined;
  try {
    return memorySchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (thrown) {
    throw new RunnerError('VAULT_ROLLED_BACK', `${path} is damaged`, { cause: thrown });
  }
}

/**
 * False if the directory of the key cannot be written, as when the system supplies the key. Throws
 * DISK_FULL, SECRET_PROVIDER_FAILED.
 */
export async function writeGeneration(
  keyFile: string,
  { id, generation }: Pick<VaultContent, 'id' | 'generation'>,
  random: Random,
): Promise<boolean> {
  const bytes = Buffer.from(`${JSON.stringify({ vault: id, generation })}\n`);
  try {
    await replacePrivateFile(generationFileOf(keyFile), bytes, { random });
    return true;
  } catch (thrown) {
    if (thrown instanceof RunnerError && isDenied(thrown.cause)) return false;
    throw thrown;
  }
}

/** Throws VAULT_ROLLED_BACK for a vault that is older than the newest one, or is another one. */
export function assertNewest(
  { id, generation }: Pick<VaultContent, 'id' | 'generation'>,
  newest: VaultGeneration | undefined,
  keyFile: string,
): void {
  if (newest === undefined) return;
  const known = generationFileOf(keyFile);
  if (id !== newest.vault)
    throw new RunnerError('VAULT_ROLLED_BACK', `the vault is not the one that ${known} names`);
  if (generation < newest.generation)
    throw new RunnerError(
      'VAULT_ROLLED_BACK',
      `the vault has generation ${generation}, but generation ${newest.generation} was written to ${dirname(known)} before`,
    );
}
