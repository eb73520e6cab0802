import { join } from 'node:path';
import { z } from 'zod';
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

/** Oldest first; empty until the key was replaced once, and for a damaged file. */
export async function readHistory(stateDir: string): Promise<readonly PastKey[]> {
  const text = await readPrivateFile(historyPath(stateDir));
  try {
    return text === undefined ? [] : History.parse(JSON.parse(text)).keys;
  } catch {
    return [];
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
