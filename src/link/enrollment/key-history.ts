import { join } from 'node:path';
import { z } from 'zod';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { readPrivateFile } from './private-file.ts';

const History = z.object({
  version: z.literal(1),
  keys: z.array(z.object({ publicKey: z.string(), since: z.iso.datetime() })),
});

/** A key that this identity has had, or has now. */
export type PastKey = z.infer<typeof History>['keys'][number];

/** Public keys only. */
export function historyPath(stateDir: string): string {
  return join(stateDir, 'identity', 'keys.json');
}

/**
 * Oldest first; empty until the key was replaced once. Throws FILE_UNREADABLE for a damaged file:
 * without it, the runner would have another fingerprint.
 */
export async function readHistory(stateDir: string): Promise<readonly PastKey[]> {
  const path = historyPath(stateDir);
  const text = await readPrivateFile(path);
  if (text === undefined) return [];
  try {
    return History.parse(JSON.parse(text)).keys;
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `${path} is damaged`, {
      cause: thrown,
      remedy:
        'Restore the file from a backup. If there is none, delete it: the runner then has another ' +
        'fingerprint, and jobs that were signed for the old one must be signed again.',
    });
  }
}

/**
 * The key that the runner made when it enrolled. A history without the present key is that of an
 * earlier enrollment, which ended before the file was deleted.
 */
export function enrolledKey(publicKey: string, history: readonly PastKey[]): string {
  const isOwn = history.some((past) => past.publicKey === publicKey);
  return isOwn ? history[0]!.publicKey : publicKey;
}

/** When a key was put in force, as Unix time. */
export function sinceOf(
  publicKey: string,
  history: readonly PastKey[],
  enrolledAt: string,
): number {
  const past = history.findLast((key) => key.publicKey === publicKey);
  return Date.parse(past?.since ?? enrolledAt);
}

export function encodeHistory(keys: readonly PastKey[]): string {
  return `${JSON.stringify({ version: 1, keys })}\n`;
}
