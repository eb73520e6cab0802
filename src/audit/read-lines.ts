import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { trailFiles, type TrailFile } from './files.ts';

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** A complete line as it is in its file, by its place there; not verified. */
export interface PlacedLine {
  readonly number: number;
  /** Without its newline. */
  readonly text: string;
  /** Position after it in its file. */
  readonly end: number;
}

/** The complete lines of a trail, from that number or from its first line, if that is later. */
export async function* linesFrom(
  disk: Disk,
  directory: string,
  from: number,
): AsyncGenerator<PlacedLine> {
  const files = await trailFiles(disk, directory);
  const start = files.findLastIndex(({ first }) => first <= from);
  for (const file of files.slice(Math.max(0, start)))
    for await (const line of linesOf(disk, file)) if (line.number >= from) yield line;
}

/** The complete lines of one file from its first one, or another one's place; read in chunks. */
export async function* linesOf(
  disk: Disk,
  { path, first }: TrailFile,
  from: { readonly number: number; readonly position: number } = { number: first, position: 0 },
): AsyncGenerator<PlacedLine> {
  const file = await disk.open(path, 'read');
  try {
    let rest: Buffer = Buffer.alloc(0);
    let { number } = from;
    for (let { position } = from; ;) {
      const chunk = await file.read(position, CHUNK_BYTES);
      if (chunk.byteLength === 0) return;
      position += chunk.byteLength;
      const bytes = rest.byteLength === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        const after = position - bytes.byteLength + end + 1;
        yield { number, text: bytes.toString('utf8', start, end), end: after };
        number += 1;
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
  } finally {
    await file.close();
  }
}
