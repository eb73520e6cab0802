import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import { trailFiles } from '../files.ts';
import { type Line, type Link, parseLine } from '../line.ts';
import { linesOf } from '../read-lines.ts';
import { type Cursor, startOf } from './cursor.ts';

/** A line that the server does not have. */
export interface PendingLine {
  readonly text: string;
  /** Undefined if the line is damaged. */
  readonly line: Line | undefined;
  /** The cursor once the server has it. */
  readonly cursor: Cursor;
}

/** The complete lines after a cursor; from the oldest file, if its own is gone. */
export async function* linesAfter(
  disk: Disk,
  directory: string,
  cursor: Cursor,
): AsyncGenerator<PendingLine> {
  const files = await trailFiles(disk, directory);
  const known = files.findIndex(({ first }) => first === cursor.file);
  for (const [index, file] of files.slice(Math.max(0, known)).entries()) {
    const isKnown = known >= 0 && index === 0;
    const start = isKnown ? { number: cursor.number + 1, position: cursor.position } : undefined;
    for await (const { number, text, end } of linesOf(disk, file, start)) {
      const line = parseLine(text);
      const { server } = cursor;
      const hash = line?.hash ?? '';
      yield { text, line, cursor: { server, number, hash, file: file.first, position: end } };
    }
  }
}

/** Where to continue. */
export interface Continuation {
  readonly cursor: Cursor;
  readonly first: PendingLine;
  /** It continues at the oldest line: what followed has expired, or the trail is another one. */
  readonly isGap: boolean;
}

/** Undefined if the trail, which ends with `end`, has no line after the cursor. */
export async function continueAfter(
  disk: Disk,
  directory: string,
  cursor: Cursor,
  end: Link,
): Promise<Continuation | undefined> {
  if (isAt(cursor, end)) return undefined;
  const first = await firstOf(disk, directory, cursor);
  if (first !== undefined && follows(first, cursor)) return { cursor, first, isGap: false };
  const start = startOf(cursor.server);
  const oldest = await firstOf(disk, directory, start);
  if (oldest === undefined) return undefined;
  return { cursor: start, first: oldest, isGap: cursor.number > 0 };
}

export function isAt({ number, hash }: Link, end: Link): boolean {
  return number === end.number && hash === end.hash;
}

async function firstOf(
  disk: Disk,
  directory: string,
  cursor: Cursor,
): Promise<PendingLine | undefined> {
  for await (const line of linesAfter(disk, directory, cursor)) return line;
  return undefined;
}

function follows(
  { line, cursor: { number } }: PendingLine,
  { number: last, hash }: Cursor,
): boolean {
  return number === last + 1 && (hash === '' || line === undefined || line.previous === hash);
}
