import type { Cursor } from './cursor.ts';
import { encodeFrame, type Origin } from './message.ts';
import type { PendingLine } from './pending.ts';

/** Whole messages, and the cursor once the server has them. */
export interface Part {
  readonly bytes: Buffer;
  readonly cursor: Cursor;
}

const PART_BYTES = 64 * 1024;
/** What is sent again, at most, after a connection that broke. */
const CONNECTION_BYTES = 4 * 1024 * 1024;

/** What goes over one connection: lines up to that number, or the first ones of them. */
export async function* partsOf(
  lines: AsyncIterable<PendingLine>,
  last: number,
  origin: Origin,
): AsyncGenerator<Part> {
  let frames: Buffer[] = [];
  let [size, total] = [0, 0];
  let cursor: Cursor | undefined;
  for await (const { text, line, cursor: after } of lines) {
    if (after.number > last || total >= CONNECTION_BYTES) break;
    const frame = encodeFrame(text, line, origin);
    frames.push(frame);
    size += frame.byteLength;
    cursor = after;
    if (size < PART_BYTES) continue;
    yield { bytes: Buffer.concat(frames), cursor };
    total += size;
    frames = [];
    size = 0;
  }
  if (cursor !== undefined && size > 0) yield { bytes: Buffer.concat(frames), cursor };
}
