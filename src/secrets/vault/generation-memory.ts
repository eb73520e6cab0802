import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { ifPresent, isDenied } from '../../../foundation/src/runtime/errno.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import { readTrustedFile } from '../../../foundation/src/runtime/trusted-file.ts';
import type { VaultContent } from './format.ts';
import { replacePrivateFile, unwritableOr } from './private-files.ts';

const MAX_BYTES = 16 * 1024;
/** Vaults with one key: far more than anybody has. */
const MAX_VAULTS = 100;

const memorySchema = z.record(z.uuid(), z.int().min(1));

/** The newest generation of each vault that was written here with this key, by the vault's id. */
export type VaultGenerations = z.infer<typeof memorySchema>;

/** Beside the key, because whoever can replace the vault must not be able to replace this file. */
export function generationFileOf(keyFile: string): string {
  return `${keyFile}.generation`;
}

/**
 * Empty if nothing was stored yet. Throws VAULT_ROLLED_BACK for a file that is not valid,
 * FILE_UNSAFE, FILE_UNREADABLE.
 */
export async function readGenerations(keyFile: string): Promise<VaultGenerations> {
  const path = generationFileOf(keyFile);
  const bytes = await readTrustedFile(path, { kind: 'private', maxBytes: MAX_BYTES });
  if (bytes === undefined) return {};
  try {
    return memorySchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (thrown) {
    throw new RunnerError('VAULT_ROLLED_BACK', `${path} is damaged`, { cause: thrown });
  }
}

/**
 * As `readGenerations`; empty for a file that is not valid, which the next change replaces. One
 * that only cannot be read now still has the generations of other vaults.
 */
export async function readableGenerations(keyFile: string): Promise<VaultGenerations> {
  try {
    return await readGenerations(keyFile);
  } catch (thrown) {
    if (RunnerError.from(thrown).code === 'VAULT_ROLLED_BACK') return {};
    throw thrown;
  }
}

/**
 * Throws FILE_UNWRITABLE if generations were stored beside the key, and can no longer be. A vault
 * that is changed then could pass for an older one, or an older one for the newest.
 */
export async function assertGenerationWritable(keyFile: string): Promise<void> {
  const path = generationFileOf(keyFile);
  if ((await ifPresent(access(path).then(() => true))) === undefined) return;
  try {
    await access(dirname(path), constants.W_OK);
  } catch (thrown) {
    throw unwritableOr(thrown, path);
  }
}

/**
 * Adds a generation to the others. False if the directory of the key cannot be written, as when the
 * system supplies the key. Throws DISK_FULL, SECRET_PROVIDER_FAILED.
 */
export async function writeGeneration(
  keyFile: string,
  others: VaultGenerations,
  { id, generation }: Pick<VaultContent, 'id' | 'generation'>,
  random: Random,
): Promise<boolean> {
  const newest = Object.entries({ ...others, [id]: generation }).slice(-MAX_VAULTS);
  const bytes = Buffer.from(`${JSON.stringify(Object.fromEntries(newest))}\n`);
  try {
    await replacePrivateFile(generationFileOf(keyFile), bytes, { random });
    return true;
  } catch (thrown) {
    if (thrown instanceof RunnerError && isDenied(thrown.cause)) return false;
    throw thrown;
  }
}

/** Throws VAULT_ROLLED_BACK for a vault that is older than the newest one. */
export function assertNewest(
  { id, generation }: Pick<VaultContent, 'id' | 'generation'>,
  newest: VaultGenerations,
  keyFile: string,
): void {
  const known = newest[id] ?? 0;
  if (generation < known)
    throw new RunnerError(
      'VAULT_ROLLED_BACK',
      `the vault has generation ${generation}, but ${generationFileOf(keyFile)} has ${known}`,
    );
}
