/*
 * The last steps of an enrollment (key-files.ts has all of them). What must never break: until the
 * last one, settings.json names key.enrolled.pem, so whoever opens the identity does the rest.
 */
import { dirname } from 'node:path';
import { renameDurably } from '../../../foundation/src/runtime/atomic-write.ts';
import { type Disk, removeFile } from '../../../foundation/src/runtime/disk.ts';
import type { Seal } from '../../sealing/seal.ts';
import { keyPaths, readKeys } from './key-files.ts';
import { historyPath } from './key-history.ts';
import { readPrivateBytes } from './private-file.ts';
import type { Settings } from './settings.ts';

/** Steps 3 and 4. Only if the enrolled key is in force. */
export async function completeEnrollment(disk: Disk, stateDir: string): Promise<void> {
  const { key, next, previous, enrolled } = keyPaths(stateDir);
  // A key of the identity before must not become one of this identity.
  for (const path of [next, previous, historyPath(stateDir)]) await removeFile(disk, path);
  await disk.syncDirectory(dirname(key));
  await renameDurably(disk, enrolled, key);
}

/**
 * Completes an enrollment that was interrupted, so that the next one does not overwrite a key in
 * force. An identity that cannot be opened is what the next one is to replace.
 */
export async function completeInterrupted(
  disk: Disk,
  stateDir: string,
  settings: Settings | undefined,
  seal: Seal,
): Promise<void> {
  if (settings === undefined) return;
  const keys = await readKeys(stateDir, settings.publicKey, seal).catch(() => undefined);
  if (keys?.current.path === keyPaths(stateDir).enrolled) await completeEnrollment(disk, stateDir);
}

/**
 * Removes the key of an enrollment that was interrupted before it was in force. Returns whether
 * there was one. The state directory must be locked, and the identity opened for changes.
 */
export async function removeAbandonedKey(disk: Disk, stateDir: string): Promise<boolean> {
  const { enrolled } = keyPaths(stateDir);
  const found = (await readPrivateBytes(enrolled)) !== undefined;
  for (const path of [enrolled, `${enrolled}.new`]) await removeFile(disk, path);
  return found;
}
