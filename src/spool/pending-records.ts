import { recordBytes, type SpoolRecord } from './segment.ts';

export interface Group {
  readonly records: readonly SpoolRecord[];
  readonly bytes: number;
}

/** Records that are not durable yet, oldest first, and the size of the next group to write. */
export class PendingRecords {
  readonly #maxGroupBytes: number;
  #records: SpoolRecord[] = [];
  #bytes = 0;
  /** Halved each time that a group does not fit on the disk, doubled each time that one does. */
  #groupBytes: number;

  constructor(maxGroupBytes: number) {
    this.#maxGroupBytes = maxGroupBytes;
    this.#groupBytes = maxGroupBytes;
  }

  get count(): number {
    return this.#records.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(record: SpoolRecord): void {
    this.#records.push(record);
    this.#bytes += recordBytes(record);
  }

  /** The oldest records, at least one. */
  nextGroup(): Group {
    let [count, bytes] = [0, 0];
    for (const record of this.#records) {
      if (count > 0 && bytes + recordBytes(record) > this.#groupBytes) break;
      [count, bytes] = [count + 1, bytes + recordBytes(record)];
    }
    return { records: this.#records.slice(0, count), bytes };
  }

  /** Removes the group that `nextGroup` returned, which is durable. */
  noteDurable({ records, bytes }: Group): void {
    this.#records = this.#records.slice(records.length);
    this.#bytes -= bytes;
  }

  /** Notes that a group fits on the disk; the next one may be larger. */
  noteFit(): void {
    this.#groupBytes = Math.min(this.#maxGroupBytes, 2 * this.#groupBytes);
  }

  /** Notes that a group does not fit on the disk; the next one is smaller. */
  noteDiskFull({ bytes }: Group): void {
    this.#groupBytes = Math.floor(bytes / 2);
  }
}
