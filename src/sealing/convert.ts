import { isSealed, type Seal } from './seal.ts';

export type SealTarget = 'sealed' | 'plain';

/**
 * The bytes to store instead; undefined if the file is as it should be. A file that is sealed
 * already is opened, so that a wrong key is noticed. Throws as `seal` does.
 */
export async function converted(
  stored: Buffer,
  path: string,
  seal: Seal,
  target: SealTarget,
): Promise<Buffer | undefined> {
  if (!isSealed(stored))
    return target === 'plain' ? undefined : seal.close(stored.toString('utf8'));
  const content = await seal.open(stored, path);
  return target === 'sealed' ? undefined : Buffer.from(content);
}
