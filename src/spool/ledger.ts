import type { Sequence } from '../domain/ids.ts';
import type { Disk } from './disk.ts';
import { readSealed, writeSealed } from './sealed-file.ts';

const NAME = 'acknowledged';

/** How far the other side has said it has everything. */
export async function readLedger(disk: Disk, directory: string): Promise<Sequence | 'damaged'> {
  const content = await readSealed(disk, directory, NAME);
  if (content === undefined) return 0;
  return content === 'damaged' ? content : Number(content.text);
}

export async function writeLedger(disk: Disk, directory: string, acknowledged: Sequence): Promise<void> {
  await writeSealed(disk, directory, NAME, String(acknowledged));
}
