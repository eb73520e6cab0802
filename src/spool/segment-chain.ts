import type { Sequence } from '../../foundation/src/domain/ids.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { type Disk, type DiskFile } from '../../foundation/src/runtime/disk.ts';
import { isMissing } from '../../foundation/src/runtime/errno.ts';
import {
  decodeRecord,
  type DecodedRecord,
  HEADER_BYTES,
  RECORD_HEADER_BYTES,
  segmentName,
} from './segment.ts';

/**
 * Where the record `next` begins, or will begin: in the segment that starts with `segment`, at byte
 * `offset`.
 */
export interface Position {
  readonly segment: Sequence;
  readonly offset: number;
  readonly next: Sequence;
}

/** The segments of an attempt as one sequence of records. One caller at a time. */
export class SegmentChain {
  readonly #disk: Disk;
  readonly #directory: string;
  /** First sequences, in order. The last segment may not exist yet. */
  #firsts: readonly Sequence[];
  #open: { readonly first: Sequence; readonly file: DiskFile } | undefined;

  constructor(disk: Disk, directory: string, firsts: readonly Sequence[]) {
    this.#disk = disk;
    this.#directory = directory;
    this.#firsts = firsts;
  }

  /**
   * The start of the segment of a record that exists or is to come. Throws PROTOCOL_VIOLATION if it
   * has been deleted.
   */
  start(sequence: Sequence): Position {
    const segment = this.#segmentOf(sequence);
    if (segment === undefined)
      throw new RunnerError(
        'PROTOCOL_VIOLATION',
        `record ${sequence} was requested again after its acknowledgement`,
      );
    return { segment, offset: HEADER_BYTES, next: segment };
  }

  /** Notes a segment that the writer has begun or will begin with its next record. */
  note(segment: Sequence): void {
    if (segment > (this.#firsts.at(-1) ?? 0)) this.#firsts = [...this.#firsts, segment];
  }

  /** Whether segments exist before that of the record. */
  hasBefore(sequence: Sequence): boolean {
    const segment = this.#segmentOf(sequence);
    return segment !== undefined && this.before(segment).length > 0;
  }

  before(segment: Sequence): Sequence[] {
    return this.#firsts.filter((first) => first < segment);
  }

  /** The records from a position up to a durable sequence, each with the position after it. */
  async *records(
    from: Position,
    upTo: Sequence,
    windowBytes: number,
  ): AsyncGenerator<{ record: DecodedRecord; after: Position }, void, undefined> {
    let position = from;
    while (position.next <= upTo) {
      const window = await this.#window(position, windowBytes);
      if (window.length === 0) {
        position = this.#cross(position);
        continue;
      }
      for (let used = 0; position.next <= upTo;) {
        const record = decodeRecord(window, used);
        if (record === 'short' && used > 0) break;
        if (typeof record === 'string' || record.sequence !== position.next)
          throw damaged(position);
        used += record.bytes;
        position = { ...position, offset: position.offset + record.bytes, next: position.next + 1 };
        yield { record, after: position };
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

  /** The bytes from a position on: `windowBytes`, or one whole record if that is more. */
  async #window(position: Position, windowBytes: number): Promise<Buffer> {
    const file = await this.#file(position.segment);
    const window = await file.read(position.offset, Math.max(windowBytes, RECORD_HEADER_BYTES));
    if (window.length < RECORD_HEADER_BYTES) return window;
    const needed = RECORD_HEADER_BYTES + window.readUInt32BE(0);
    return needed > window.length && decodeRecord(window, 0) === 'short'
      ? await file.read(position.offset, needed)
      : window;
  }

  /**
   * From the end of a segment to the start of the next one, which is named after its first record.
   */
  #cross(position: Position): Position {
    if (position.segment === position.next) throw damaged(position);
    if (!this.#firsts.includes(position.next))
      this.#firsts = [...this.#firsts, position.next].sort((a, b) => a - b);
    return { segment: position.next, offset: HEADER_BYTES, next: position.next };
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
      if (!isMissing(thrown)) throw thrown;
      throw new RunnerError('SPOOL_CORRUPT', `segment ${segmentName(first)} is missing`, {
        cause: thrown,
      });
    }
  }
}

function damaged(position: Position): RunnerError {
  return new RunnerError(
    'SPOOL_CORRUPT',
    `record ${position.next} in segment ${segmentName(position.segment)} is damaged or missing`,
  );
}
