import type { Sequence } from '../domain/ids.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { Disk } from '../runtime/disk.ts';
import { readLedger } from './ledger.ts';
import { scanSegment, type Scan } from './scan.ts';
import { readWhole } from './sealed-file.ts';
import { segmentFirst, segmentName } from './segment.ts';

/** What a directory holds after a writer has gone. */
export interface Recovered {
  readonly durable: Sequence;
  readonly complete: boolean;
  readonly acknowledged: Sequence;
  /** First sequences of the segments that are left, in order, and their size together. */
  readonly segments: readonly Sequence[];
  readonly bytes: number;
  /** Bytes of the first segment that are acknowledged. */
  readonly acknowledgedOffset: number;
  /** Bytes of a torn tail that were cut off. */
  readonly cut: number;
}

/** What a directory without segments holds. */
export const emptySpool: Recovered = {
  durable: 0,
  complete: false,
  acknowledged: 0,
  segments: [],
  bytes: 0,
  acknowledgedOffset: 0,
  cut: 0,
};

export interface RecoverOptions {
  /** Keeps the good records before the damage and puts the rest aside, in place of throwing SPOOL_CORRUPT. */
  readonly salvage?: boolean;
  /** What the caller knows to be acknowledged, since the ledger lags behind. */
  readonly acknowledged?: Sequence;
}

/**
 * Makes a directory whose writer is dead fit to be read and written again: the torn tail is cut, what was found is
 * fsynced before anything is said about it. Throws SPOOL_CORRUPT for damage that is no torn tail.
 */
export async function recover(
  disk: Disk,
  directory: string,
  options: RecoverOptions = {},
): Promise<Recovered> {
  const salvage = options.salvage === true;
  const noted = await readLedger(disk, directory);
  const ledger = Math.max(noted.sequence, options.acknowledged ?? 0);
  const firsts = await liveSegments(disk, directory, ledger);
  const acknowledged = Math.max(ledger, (firsts[0] ?? 1) - 1);
  if (noted.certain && acknowledged > ledger && !salvage)
    throw new RunnerError('SPOOL_CORRUPT', `records ${ledger + 1} to ${acknowledged} are missing`);
  const found = await checkAll(
    disk,
    directory,
    firsts,
    { ...emptySpool, durable: acknowledged, acknowledged },
    salvage,
  );
  await disk.syncDirectory(directory);
  return found.durable < acknowledged ? await startAnew(disk, directory, found) : found;
}

/** First sequences of the segments that may hold something unacknowledged, in order. */
async function liveSegments(
  disk: Disk,
  directory: string,
  acknowledged: Sequence,
): Promise<Sequence[]> {
  const firsts = await segments(disk, directory);
  return firsts.slice(
    Math.max(
      0,
      firsts.findLastIndex((first) => first <= acknowledged + 1),
    ),
  );
}

/** First sequences of all segments, in order. */
export async function segments(disk: Disk, directory: string): Promise<Sequence[]> {
  const names = await disk.list(directory);
  return names
    .map(segmentFirst)
    .filter((first) => first !== undefined)
    .sort((a, b) => a - b);
}

async function checkAll(
  disk: Disk,
  directory: string,
  firsts: readonly Sequence[],
  start: Recovered,
  salvage: boolean,
): Promise<Recovered> {
  let found = start;
  for (const [index, first] of firsts.entries()) {
    const next = firsts[index + 1];
    const { scan, damaged, size } = await checkSegment(
      disk,
      directory,
      first,
      next,
      start.acknowledged,
    );
    if (damaged && !salvage)
      throw new RunnerError(
        'SPOOL_CORRUPT',
        `segment ${segmentName(first)} is damaged after record ${scan.last}`,
      );
    const kept = scan.last < first ? 0 : scan.end;
    if (kept < size || next === undefined) await keep(disk, directory, first, kept);
    found = {
      ...found,
      durable: scan.last,
      complete: scan.complete,
      cut: found.cut + size - kept,
      segments: kept > 0 ? [...found.segments, first] : found.segments,
      bytes: found.bytes + kept,
      acknowledgedOffset: index === 0 ? scan.markEnd : found.acknowledgedOffset,
    };
    if (!damaged) continue;
    for (const later of firsts.slice(index + 1)) await putAside(disk, directory, later);
    return { ...found, complete: false };
  }
  return found;
}

interface Checked {
  readonly scan: Scan;
  readonly damaged: boolean;
  readonly size: number;
}

/** `next` is the first sequence of the segment after it; undefined for the last one, which alone may have a torn tail. */
async function checkSegment(
  disk: Disk,
  directory: string,
  first: Sequence,
  next: Sequence | undefined,
  acknowledged: Sequence,
): Promise<Checked> {
  const bytes = (await readWhole(disk, `${directory}/${segmentName(first)}`)) ?? Buffer.alloc(0);
  const scan = scanSegment(bytes, first, acknowledged);
  const damaged =
    next === undefined ? scan.tail === 'corrupt' : scan.tail !== 'none' || scan.last !== next - 1;
  return { scan, damaged, size: bytes.length };
}

/**
 * Cuts the segment to this size and makes what is left durable: its writer may have died before it did. A segment
 * without a single good record goes altogether, so that a writer may make it again.
 */
async function keep(disk: Disk, directory: string, first: Sequence, size: number): Promise<void> {
  const path = `${directory}/${segmentName(first)}`;
  if (size === 0) return disk.unlink(path);
  const file = await disk.open(path, 'write');
  try {
    await file.truncate(size);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function putAside(disk: Disk, directory: string, first: Sequence): Promise<void> {
  const path = `${directory}/${segmentName(first)}`;
  await disk.rename(path, `${path}.damaged`);
}

/** Fewer good records than are acknowledged: all that is left is acknowledged, and the numbering goes on after it. */
async function startAnew(disk: Disk, directory: string, found: Recovered): Promise<Recovered> {
  for (const first of await segments(disk, directory))
    await disk.unlink(`${directory}/${segmentName(first)}`);
  await disk.syncDirectory(directory);
  return { ...found, durable: found.acknowledged, segments: [], bytes: 0, acknowledgedOffset: 0 };
}
