import type { Sequence } from '../../foundation/src/domain/ids.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { type Disk, readIfPresent } from '../../foundation/src/runtime/disk.ts';
import { readLedger } from './ledger.ts';
import { scanSegment, type Scan } from './scan.ts';
import { segmentFirst, segmentName } from './segment.ts';

/** The content of a directory without a writer. */
export interface Recovered {
  readonly durable: Sequence;
  readonly complete: boolean;
  readonly acknowledged: Sequence;
  /** First sequences of the remaining segments in order, and their total size. */
  readonly segments: readonly Sequence[];
  readonly bytes: number;
  /** Bytes of the first segment that are acknowledged. */
  readonly acknowledgedOffset: number;
  /** Bytes of a torn tail that were cut off. */
  readonly cut: number;
}

/** The content of a directory without segments. */
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
  /**
   * Keeps the valid records before damage and sets the rest aside, instead of throwing
   * SPOOL_CORRUPT.
   */
  readonly salvage?: boolean;
  /** The acknowledged position if the caller knows it; the ledger may lag behind. */
  readonly acknowledged?: Sequence;
}

/**
 * Repairs a directory whose writer is dead, so that it can be read and written again: cuts a torn
 * tail, and fsyncs what it found before returning it. Throws SPOOL_CORRUPT for damage other than a
 * torn tail.
 */
export async function recover(
  disk: Disk,
  directory: string,
  options: RecoverOptions = {},
): Promise<Recovered> {
  const salvage = options.salvage === true;
  const ledger = await readLedger(disk, directory);
  const position = Math.max(ledger.sequence, options.acknowledged ?? 0);
  const firsts = await unacknowledgedSegments(disk, directory, position);
  const acknowledged = Math.max(position, (firsts[0] ?? 1) - 1);
  if (ledger.certain && acknowledged > position && !salvage)
    throw new RunnerError(
      'SPOOL_CORRUPT',
      `records ${position + 1} to ${acknowledged} are missing`,
    );
  const found = await checkAll(
    disk,
    directory,
    firsts,
    { ...emptySpool, durable: acknowledged, acknowledged },
    salvage,
  );
  await disk.syncDirectory(directory);
  return found.durable < acknowledged ? await discardAcknowledged(disk, directory, found) : found;
}

/** First sequences of the segments that may hold unacknowledged records, in order. */
async function unacknowledgedSegments(
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
    const checked = await checkSegment(disk, directory, first, next, start.acknowledged);
    const { scan, damaged, size, validBytes } = checked;
    if (damaged && !salvage)
      throw new RunnerError(
        'SPOOL_CORRUPT',
        `segment ${segmentName(first)} is damaged after record ${scan.last}`,
      );
    if (validBytes < size || next === undefined)
      await truncateDurably(disk, directory, first, validBytes);
    found = withSegment(found, first, checked);
    if (index === 0) found = { ...found, acknowledgedOffset: scan.markEnd };
    if (!damaged) continue;
    for (const later of firsts.slice(index + 1)) await setAside(disk, directory, later);
    return { ...found, complete: false };
  }
  return found;
}

interface Checked {
  readonly scan: Scan;
  readonly damaged: boolean;
  readonly size: number;
  /** Bytes of the header and the valid records; 0 without a valid record. */
  readonly validBytes: number;
}

function withSegment(
  found: Recovered,
  first: Sequence,
  { scan, size, validBytes }: Checked,
): Recovered {
  return {
    ...found,
    durable: scan.last,
    complete: scan.complete,
    cut: found.cut + size - validBytes,
    segments: validBytes > 0 ? [...found.segments, first] : found.segments,
    bytes: found.bytes + validBytes,
  };
}

/**
 * `next` is the first sequence of the next segment; undefined for the last segment, the only one
 * that may have a torn tail.
 */
async function checkSegment(
  disk: Disk,
  directory: string,
  first: Sequence,
  next: Sequence | undefined,
  acknowledged: Sequence,
): Promise<Checked> {
  const bytes =
    (await readIfPresent(disk, `${directory}/${segmentName(first)}`)) ?? Buffer.alloc(0);
  const scan = scanSegment(bytes, first, acknowledged);
  const damaged =
    next === undefined ? scan.tail === 'corrupt' : scan.tail !== 'none' || scan.last !== next - 1;
  return { scan, damaged, size: bytes.length, validBytes: scan.last < first ? 0 : scan.end };
}

/**
 * Truncates the segment and makes the rest durable, because its writer may have died before. A
 * segment without a valid record is deleted, so that a writer can create it again.
 */
async function truncateDurably(
  disk: Disk,
  directory: string,
  first: Sequence,
  size: number,
): Promise<void> {
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

async function setAside(disk: Disk, directory: string, first: Sequence): Promise<void> {
  const path = `${directory}/${segmentName(first)}`;
  await disk.rename(path, `${path}.damaged`);
}

/**
 * When acknowledged records are missing: all remaining records are acknowledged, and numbering
 * continues after the acknowledged position.
 */
async function discardAcknowledged(
  disk: Disk,
  directory: string,
  found: Recovered,
): Promise<Recovered> {
  for (const first of await segments(disk, directory))
    await disk.unlink(`${directory}/${segmentName(first)}`);
  await disk.syncDirectory(directory);
  return { ...found, durable: found.acknowledged, segments: [], bytes: 0, acknowledgedOffset: 0 };
}
