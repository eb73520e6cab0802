import type { Sequence } from '../../foundation/src/domain/ids.ts';
import type { Disk, DiskFile } from '../../foundation/src/runtime/disk.ts';
import {
  encodeHeader,
  encodeRecord,
  HEADER_BYTES,
  segmentName,
  type SpoolRecord,
} from './segment.ts';

/**
 * A segment that is being written. After a failed append the same group may be appended again; the
 * remains are cut off first.
 */
export class SegmentFile {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly first: Sequence;
  #file: DiskFile | undefined;
  #named = false;
  #dirty = false;
  #size = 0;
  /** Used for each group: pages of new memory cost more than encoding. */
  #memory = Buffer.alloc(0);

  constructor(disk: Disk, directory: string, first: Sequence) {
    this.#disk = disk;
    this.#directory = directory;
    this.first = first;
  }

  /** Durable bytes. */
  get size(): number {
    return this.#size;
  }

  /** The group is durable when this resolves. `bytes` is the size of its records in the file. */
  async append(group: readonly SpoolRecord[], bytes: number): Promise<void> {
    this.#file ??= await this.#disk.open(
      `${this.#directory}/${segmentName(this.first)}`,
      'createSynced',
    );
    if (this.#dirty) await this.#heal(this.#file);
    const encoded = this.#encode(group, bytes);
    this.#dirty = true;
    await this.#file.write(encoded, this.#size);
    if (!this.#named) await this.#disk.syncDirectory(this.#directory);
    this.#named = true;
    this.#dirty = false;
    this.#size += encoded.byteLength;
  }

  /** Cuts off the remains of a failed append, to free their space. */
  async clean(): Promise<void> {
    if (this.#file !== undefined && this.#dirty) await this.#heal(this.#file);
  }

  /** Ends the segment. No remains of a failed append stay after its last record. */
  async seal(): Promise<void> {
    await this.clean();
    await this.close();
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  #encode(group: readonly SpoolRecord[], bytes: number): Buffer {
    let at = this.#size === 0 ? HEADER_BYTES : 0;
    if (this.#memory.length < at + bytes) this.#memory = Buffer.allocUnsafe(at + bytes);
    const encoded = this.#memory.subarray(0, at + bytes);
    if (at > 0) encoded.set(encodeHeader(this.first));
    for (const record of group) at = encodeRecord(record, this.#size, encoded, at);
    return encoded;
  }

  /** Syncs, so that a later crash cannot bring back the bytes that were cut off. */
  async #heal(file: DiskFile): Promise<void> {
    await file.truncate(this.#size);
    await file.sync();
    this.#dirty = false;
  }
}
