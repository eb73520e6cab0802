import type { Sequence } from '../domain/ids.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { Disk } from '../runtime/disk.ts';
import { writeLedger } from './ledger.ts';
import { type Recovered, segments } from './recover.ts';
import { type Place, SegmentChain } from './segment-chain.ts';

export interface ReaderOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** What is there to begin with; `emptySpool` for a new attempt. */
  readonly found: Recovered;
}

export interface ReadRecords {
  readonly firstSequence: Sequence;
  /** Payloads exactly as they were appended. */
  readonly lines: readonly Uint8Array[];
  /** Whether the last one is the attempt's outcome. */
  readonly last: boolean;
}

/** Acknowledged bytes that may gather before the ledger is written; a crash makes no more than these be sent again. */
const LEDGER_BYTES = 1024 * 1024;
const WINDOW_BYTES = 64 * 1024;

/**
 * The reading end of one attempt's spool. It goes by what it is told is durable, never by what it finds in a file
 * that is still being written. One caller at a time.
 */
export class SpoolReader {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #chain: SegmentChain;
  /** Where batches that were handed out end, so that neither reading on nor an acknowledgement has to look for it. */
  readonly #places = new Map<Sequence, Place>();
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

  /** Whether the outcome record is durable. */
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

  /** Whether there are segments that can be deleted: acknowledged, and closed by the writer. Never throws, also while some are being deleted. */
  get spent(): boolean {
    return this.#chain.hasBefore(this.#acknowledged + 1);
  }

  /**
   * Takes the writer's word: durable up to here, with `writtenBytes` in segments it has made since this reader began; where
   * it says so, nothing more is added to segments before the one that begins with `segment`.
   */
  advance(durable: Sequence, writtenBytes: number, complete: boolean, segment?: Sequence): void {
    if (segment !== undefined) this.#chain.note(segment);
    this.#durable = Math.max(this.#durable, durable);
    this.#segmentBytes += Math.max(0, writtenBytes - this.#writtenBytes);
    this.#writtenBytes = Math.max(this.#writtenBytes, writtenBytes);
    this.#complete ||= complete;
  }

  /**
   * Consecutive durable records from `from` on: at least one, and at most `maxBytes` of payload unless the first alone
   * is larger; undefined when none is durable yet. Throws SPOOL_CORRUPT, or PROTOCOL_VIOLATION for deleted records.
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
    this.#places.set(end.next, end);
    return { firstSequence: from, lines, last };
  }

  /** Everything up to here is stored elsewhere; whole segments of it are deleted. The same again deletes what was closed since. Throws PROTOCOL_VIOLATION beyond what is durable. */
  async acknowledge(upTo: Sequence): Promise<void> {
    if (upTo < this.#acknowledged || (upTo === this.#acknowledged && !this.spent)) return;
    if (upTo > this.#durable)
      throw new RunnerError(
        'PROTOCOL_VIOLATION',
        `record ${upTo} was acknowledged, but ${this.#durable} is the last there is`,
      );
    await this.#move(upTo);
    // The writer may have closed a segment meanwhile. One that blocks for want of room gives no further word that would delete it.
    if (this.spent) await this.#move(upTo);
  }

  close(): Promise<void> {
    return this.#chain.close();
  }

  async #move(upTo: Sequence): Promise<void> {
    const place = await this.#locate(upTo + 1);
    const done = this.#chain.before(place.segment);
    const owed =
      place.offset - this.#ledgerOffset >= LEDGER_BYTES ||
      (this.#complete && upTo === this.#durable);
    if (done.length > 0 || owed) await this.#settle(place);
    this.#acknowledged = upTo;
    this.#acknowledgedOffset = place.offset;
    for (const sequence of this.#places.keys()) if (sequence <= upTo) this.#places.delete(sequence);
  }

  /** Segments before the place go, also those that this reader never came by. */
  async #settle(place: Place): Promise<void> {
    await writeLedger(this.#disk, this.#directory, place.next - 1);
    this.#ledgerOffset = place.offset;
    for (const first of await segments(this.#disk, this.#directory))
      if (first < place.segment) this.#segmentBytes -= await this.#chain.remove(first);
  }

  async #locate(sequence: Sequence): Promise<Place> {
    const start = this.#chain.start(sequence);
    let place = start.next === sequence ? start : this.#places.get(sequence);
    if (place !== undefined) return place;
    place = start;
    for await (const { after } of this.#chain.records(start, sequence - 1, WINDOW_BYTES))
      place = after;
    return place;
  }
}
