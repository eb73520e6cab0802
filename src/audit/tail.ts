import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { TrailFile } from './files.ts';
import { type Line, type Link, parseLine, START } from './line.ts';

/** Where the next line goes. */
export interface Tail {
  readonly path: string;
  /** Bytes of complete lines. */
  readonly size: number;
  /** Bytes after them, which a crash left. */
  readonly tornBytes: number;
  readonly end: Link;
}

/** Three times the longest line: a complete one is in it, also behind an incomplete one. */
const READ_BYTES = 96 * 1024;
const NEWLINE = 0x0a;

/** Undefined if there is no file. Throws AUDIT_DAMAGED if its last complete line is not valid. */
export async function readTail(disk: Disk, files: readonly TrailFile[]): Promise<Tail | undefined> {
  const newest = files.at(-1);
  if (newest === undefined) return undefined;
  const { size, last, tornBytes } = await endOf(disk, newest);
  const end = last ?? (await endOfOlder(disk, files.at(-2)));
  return { path: newest.path, size, tornBytes, end };
}

/** After a crash, the newest file may have no complete line. */
async function endOfOlder(disk: Disk, older: TrailFile | undefined): Promise<Link> {
  return (older === undefined ? undefined : (await endOf(disk, older)).last) ?? START;
}

async function endOf(
  disk: Disk,
  { path }: TrailFile,
): Promise<{ readonly size: number; readonly tornBytes: number; readonly last: Link | undefined }> {
  const file = await disk.open(path, 'read');
  try {
    const total = await file.size();
    const from = Math.max(0, total - READ_BYTES);
    const bytes = await file.read(from, total - from);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    const tornBytes = bytes.byteLength - end;
    if (end === 0 && from > 0) throw damaged(path);
    if (end === 0) return { size: 0, tornBytes, last: undefined };
    const start = end === 1 ? 0 : bytes.lastIndexOf(NEWLINE, end - 2) + 1;
    const last = parseLine(bytes.toString('utf8', start, end - 1));
    if (last === undefined) throw damaged(path);
    return { size: from + end, tornBytes, last };
  } finally {
    await file.close();
  }
}

/** The first line of a file; undefined if it is incomplete or invalid. */
export async function firstLine(disk: Disk, { path }: TrailFile): Promise<Line | undefined> {
  const file = await disk.open(path, 'read');
  try {
    const bytes = await file.read(0, READ_BYTES);
    const end = bytes.indexOf(NEWLINE);
    return end < 0 ? undefined : parseLine(bytes.toString('utf8', 0, end));
  } finally {
    await file.close();
  }
}

function damaged(path: string): RunnerError {
  return new RunnerError(
    'AUDIT_DAMAGED',
    `the last line of ${path} is damaged or was not written by this program`,
  );
}
