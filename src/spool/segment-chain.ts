import type { Sequence } from '../domain/ids.ts';
import { isErrno } from '../runtime/errno.ts';
import { RunnerError } from '../runtime/errors.ts';
import { type Disk, type DiskFile } from '../runtime/disk.ts';
import {
  decodeRecord,
  type DecodedRecord,
  HEADER_BYTES,
  RECORD_HEADER_BYTES,
  segmentName,
} from './segment.ts';

/** Where the record `next` begins, or will: in the segment that begins with `segment`, `offset` bytes from its start. */
export interface Place {
  readonly segment: Sequence;
  readonly offset: number;
  readonly next: Sequence;
}

/** The segments of one attempt as one run of records. One caller at a time. */
export class SegmentChain {
  readonly #disk: Disk;
  readonly #directory: string;
  /** First sequences, in order. The last segment may not be there yet. */
  #firsts: readonly Sequence[];
  #open: { readonly first: Sequence; readonly file: DiskFile } | undefined;

  constructor(disk: Disk, directory: string, firsts: readonly Sequence[]) {
    this.#disk = disk;
    this.#directory = directory;
    this.#firsts = firsts;
  }

  /** The start of the segment that holds, or will hold, the record. Throws PROTOCOL_VIOLATION when it has been deleted. */
  start(sequence: Sequence): Place {
    const segment = this.#segmentOf(sequence);
    if (segment === undefined)
      throw new RunnerError(
        'PROTOCOL_VIOLATION',
        `record ${sequence} was acknowledged and is gone`,
      );
    return { segment, offset: HEADER_BYTES, next: segment };
  }

  /** The writer has begun a segment, or will with its next record. */
  note(segment: Sequence): void {
    if (segment > (this.#firsts.at(-1) ?? 0)) this.#firsts = [...this.#firsts, segment];
  }

  /** Whether there are segments before the one that holds, or will hold, the record. */
  hasBefore(sequence: Sequence): boolean {
    const segment = this.#segmentOf(sequence);
    return segment !== undefined && this.before(segment).length > 0;
  }

  before(segment: Sequence): Sequence[] {
    return this.#firsts.filter((first) => first < segment);
  }

  /** The records from a place on up to a sequence that is known to be durable, each with the place after it. */
  async *records(
    from: Place,
    upTo: Sequence,
    windowBytes: number,
  ): AsyncGenerator<{ record: DecodedRecord; after: Place }, void, undefined> {
    let place = from;
    while (place.next <= upTo) {
      const window = await this.#window(place, windowBytes);
      if (window.length === 0) {
        place = this.#cross(place);
        continue;
      }
      for (let used = 0; place.next <= upTo;) {
        const record = decodeRecord(window, used);
        if (record === 'short' && used > 0) break;
        if (typeof record === 'string' || record.sequence !== place.next) throw damaged(place);
        used += record.bytes;
        place = { ...place, offset: place.offset + record.bytes, next: place.next + 1 };
        yield { record, after: place };
      }
    }
  }

  /** Deletes a segment; returns its size. */
  async remove(first: Sequence): Promise<number> {
    const file = await this.#file(first);
    const size = await file.size();
    await this.close();
    await this.#disk.unlink(`${this.#directory}/${segmentName(first)}`);
    this.#firsts = this.#firsts.filter((other) => other !== first);
    return size;
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.file.close();
  }

  #segmentOf(sequence: Sequence): Sequence | undefined {
    return this.#firsts.findLast((first) => first <= sequence);
  }

  /** Bytes from the place on: as many as asked for, or one whole record if that is more. */
  async #window(place: Place, windowBytes: number): Promise<Buffer> {
    const file = await this.#file(place.segment);
    const window = await file.read(place.offset, Math.max(windowBytes, RECORD_HEADER_BYTES));
    if (window.length < RECORD_HEADER_BYTES) return window;
    const needed = RECORD_HEADER_BYTES + window.readUInt32BE(0);
    return needed > window.length && decodeRecord(window, 0) === 'short'
      ? await file.read(place.offset, needed)
      : window;
  }

  /** From the end of one segment to the start of the next, which its writer named by the record it begins with. */
  #cross(place: Place): Place {
    if (place.segment === place.next) throw damaged(place);
    if (!this.#firsts.includes(place.next))
      this.#firsts = [...this.#firsts, place.next].sort((a, b) => a - b);
    return { segment: place.next, offset: HEADER_BYTES, next: place.next };
  }

  async #file(first: Sequence): Promise<DiskFile> {
    if (this.#open?.first === first) return this.#open.file;
    await this.close();
    try {
      this.#open = {
        first,
        file: await this.#disk.open(`${this.#directory}/${segmentName(first)}`, 'read'),
      };
      return this.#open.file;
    } catch (thrown) {
      if (!isErrno(thrown, 'ENOENT')) throw thrown;
      throw new RunnerError('SPOOL_CORRUPT', `segment ${segmentName(first)} is missing`, {
        cause: thrown,
      });
    }
  }
}

function damaged(place: Place): RunnerError {
  return new RunnerError(
    'SPOOL_CORRUPT',
    `record ${place.next} in segment ${segmentName(place.segment)} is damaged or missing`,
  );
}
