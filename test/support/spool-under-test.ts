import { NEVER } from '../../foundation/src/runtime/abort.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { SpoolReader } from '../../src/spool/reader.ts';
import { emptySpool, type Recovered, segments } from '../../src/spool/recover.ts';
import { SpoolWriter, type WriterOptions } from '../../src/spool/writer.ts';

export interface DiskUnderTest {
  readonly disk: Disk;
  readonly directory: string;
  dispose(): Promise<void>;
}

/** A record of `size` bytes that is different for each number. */
export function line(number: number, size = 100): Buffer {
  return Buffer.from(`${String(number).padEnd(size - 1, '.')}\n`);
}

/** An attempt's spool on a disk, with the readers and writers of a test. */
export class SpoolUnderTest {
  readonly #under: DiskUnderTest;
  readonly #writers: SpoolWriter[] = [];

  private constructor(under: DiskUnderTest) {
    this.#under = under;
  }

  static async open(under: DiskUnderTest): Promise<SpoolUnderTest> {
    await under.disk.makeDirectory(under.directory);
    return new SpoolUnderTest(under);
  }

  get disk(): Disk {
    return this.#under.disk;
  }

  get directory(): string {
    return this.#under.directory;
  }

  async close(): Promise<void> {
    for (const writer of this.#writers) await writer.close();
    await this.#under.dispose();
  }

  newWriter(options: Partial<WriterOptions> = {}): SpoolWriter {
    const { disk, directory } = this;
    const writer = new SpoolWriter({
      disk,
      directory,
      clock: systemClock,
      groupMs: 2,
      ...options,
    });
    this.#writers.push(writer);
    return writer;
  }

  newReader(found: Recovered = emptySpool): SpoolReader {
    return new SpoolReader({ disk: this.disk, directory: this.directory, found });
  }

  /** Writes so many lines, the last one as the outcome. */
  async fill(count: number, options: Partial<WriterOptions> = {}): Promise<SpoolWriter> {
    const writer = this.newWriter(options);
    for (let number = 1; number <= count; number++) {
      await writer.append(line(number), { last: number === count }, NEVER);
      if (number % 10 === 0) await writer.flush(NEVER);
    }
    await writer.flush(NEVER);
    return writer;
  }

  segmentsOnDisk(): Promise<number[]> {
    return segments(this.disk, this.directory);
  }
}
