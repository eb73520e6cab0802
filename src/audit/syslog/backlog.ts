import { trailFiles } from '../files.ts';
import type { TrailPlace } from '../lock.ts';
import { readTail } from '../tail.ts';
import { readCursor } from './cursor.ts';
import { continueAfter } from './pending.ts';

/** What a server does not have. */
export interface Backlog {
  readonly lines: number;
  /** Age of the oldest of them. */
  readonly seconds: number;
}

/** As the files say, for another process. Throws AUDIT_DAMAGED and the errors of the disk. */
export async function readBacklog(
  { disk, directory, clock }: TrailPlace,
  stateDir: string,
  server: string,
): Promise<Backlog> {
  const tail = await readTail(disk, await trailFiles(disk, directory));
  const cursor = await readCursor(disk, stateDir, server);
  const next = tail && (await continueAfter(disk, directory, cursor, tail.end));
  if (next === undefined) return { lines: 0, seconds: 0 };
  const { number } = next.first.cursor;
  const now = clock.now();
  const since = Date.parse(next.first.line?.time ?? '') || now;
  return { lines: tail!.end.number - number + 1, seconds: Math.max(0, now - since) / 1000 };
}
