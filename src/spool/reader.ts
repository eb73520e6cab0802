import type { Sequence } from '../../foundation/src/domain/ids.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { writeLedger } from './ledger.ts';
import { type Recovered, segments } from './recover.ts';
import { type Position, SegmentChain } from './segment-chain.ts';

/** What a writer says of its records. */
export interface WriterReport {
  /** Records up to this one are durable. */
  readonly sequence: Sequence;
  /** Bytes of the writer's segments since the reader began. */
  readonly bytes: number;
  /** Whether the last record is the outcome of the attempt. */
  readonly complete: boolean;
  /** Segments before this one no longer grow. */
  readonly segment?: Sequence;
}

export interface ReaderOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** The present content; `emptySpool` for a new attempt. */
  readonly found: Recovered;
}

export interface ReadRecords {
  readonly firstSequence: Sequence;
  /** Payloads exactly as they were appended. */
  readonly lines: readonly Uint8Array[];
  /** Whether the last one is the outcome of the attempt. */
  readonly last: boolean;
}

/**
 * Acknowledged bytes after which the ledger is written. After a crash, at most this many bytes are
 * sent again.
 */
const LEDGER_BYTES = 1024 * 1024;
const WINDOW_BYTES = 64 * 1024;

/**
 * The reading end of an attempt's spool. It reads up to the reported durable position only, because
 * a file may still be being written beyond it. One caller at a time.
 */
export class SpoolReader {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #chain: SegmentChain;
  /**
   * Where returned batches end, so that neither further reading nor an acknowledgement has to
   * search for it.
   */
  readonly #batchEnds = new Map<Sequence, Position>();
  #durable: Sequence;
  #complete: boolean;
  #acknowledged: Sequence;
  #segmentBytes: number;
  #writtenBytes = 0;
  #acknowledgedOffset = 0;
  #ledgerOffset = 0;

  constructor({ disk, directory, found }: ReaderOptions) {
    this.#disk = disk;
    this.#directory = directory;
    this.#durable = found.durable;
    this.#complete = found.complete;
    this.#acknowledged = found.acknowledged;
    this.#segmentBytes = found.bytes;
    this.#acknowledgedOffset = found.acknowledgedOffset;
    this.#chain = new SegmentChain(
      disk,
      directory,
      found.segments.length > 0 ? found.segments : [found.durable + 1],
    );
  }

  get durable(): Sequence {
    return this.#durable;
  }

  /** Whether the outcome is durable. */
  get complete(): boolean {
    return this.#complete;
  }

  get acknowledged(): Sequence {
    return this.#acknowledged;
  }

  /** Bytes on disk that are not acknowledged. */
  get bytes(): number {
    return Math.max(0, this.#segmentBytes - this.#acknowledgedOffset);
  }

  /**
   * Whether segments can be deleted: acknowledged, and closed by the writer. Never throws, even
   * while segments are being deleted.
   */
  get hasDeletable(): boolean {
    return this.#chain.hasBefore(this.#acknowledged + 1);
  }

  /** Notes a report of the writer. */
  advance({ sequence, bytes, complete, segment }: WriterReport): void {
    if (segment !== undefined) this.#chain.note(segment);
    this.#durable = Math.max(this.#durable, sequence);
    this.#segmentBytes += Math.max(0, bytes - this.#writtenBytes);
    this.#writtenBytes = Math.max(this.#writtenBytes, bytes);
    this.#complete ||= complete;
  }

  /**
   * Consecutive durable records from `from` on: at least one, and at most `maxBytes` of payload
   * unless the first record is larger. Undefined if none is durable yet. Throws SPOOL_CORRUPT, and
   * PROTOCOL_VIOLATION for deleted records.
   */
  async read(from: Sequence, maxBytes: number): Promise<ReadRecords | undefined> {
    if (from > this.#durable) return undefined;
    const lines: Uint8Array[] = [];
    let [last, bytes, end] = [false, 0, await this.#locate(from)];
    for await (const { record, after } of this.#chain.records(
      end,
      this.#durable,
      Math.max(maxBytes, WINDOW_BYTES),
    )) {
      if (lines.length > 0 && bytes + record.payload.byteLength > maxBytes) break;
      lines.push(record.payload);
      [last, bytes, end] = [record.last, bytes + record.payload.byteLength, after];
      if (last || bytes >= maxBytes) break;
    }
    this.#batchEnds.set(end.next, end);
    return { firstSequence: from, lines, last };
  }

  /**
   * Records up to `upTo` are stored by the control plane; whole segments of them are deleted. A
   * repeated call deletes segments closed since. Throws PROTOCOL_VIOLATION if `upTo` is not
   * durable.
   */
  async acknowledge(upTo: Sequence): Promise<void> {
    if (upTo < this.#acknowledged || (upTo === this.#acknowledged && !this.hasDeletable)) return;
    if (upTo > this.#durable)
      throw new RunnerError(
        'PROTOCOL_VIOLATION',
        `record ${upTo} was acknowledged, but the last record is ${this.#durable}`,
      );
    await this.#advanceTo(upTo);
    // The writer may have closed a segment in the meantime. On a full disk it sends no further
    // report that would delete it.
    if (this.hasDeletable) await this.#advanceTo(upTo);
  }

  close(): Promise<void> {
    return this.#chain.close();
  }

  async #advanceTo(upTo: Sequence): Promise<void> {
    const position = await this.#locate(upTo + 1);
    const deletable = this.#chain.before(position.segment);
    const isLedgerDue =
      position.offset - this.#ledgerOffset >= LEDGER_BYTES ||
      (this.#complete && upTo === this.#durable);
    if (deletable.length > 0 || isLedgerDue) await this.#deleteBefore(position);
    this.#acknowledged = upTo;
    this.#acknowledgedOffset = position.offset;
    for (const sequence of this.#batchEnds.keys())
      if (sequence <= upTo) this.#batchEnds.delete(sequence);
  }

  /**
   * Writes the ledger and deletes earlier segments, including those that this reader has never
   * read.
   */
  async #deleteBefore(position: Position): Promise<void> {
    await writeLedger(this.#disk, this.#directory, position.next - 1);
    this.#ledgerOffset = position.offset;
    for (const first of await segments(this.#disk, this.#directory))
      if (first < position.segment) this.#segmentBytes -= await this.#chain.remove(first);
  }

  async #locate(sequence: Sequence): Promise<Position> {
    const start = this.#chain.start(sequence);
    let position = start.next === sequence ? start : this.#batchEnds.get(sequence);
    if (position !== undefined) return position;
    position = start;
    for await (const { after } of this.#chain.records(start, sequence - 1, WINDOW_BYTES))
      position = after;
    return position;
  }
}
