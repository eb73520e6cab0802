import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Disk } from '../../src/runtime/disk.ts';
import { readJournal, removeAttempt, writeJournal, type Journal } from '../../src/spool/journal.ts';
import { SpoolReader } from '../../src/spool/reader.ts';
import { emptySpool, recover, type Recovered } from '../../src/spool/recover.ts';
import { segmentFirst, segmentName } from '../../src/spool/segment.ts';
import { SpoolWriter, type WriterOptions } from '../../src/spool/writer.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { RunId } from '../../src/domain/ids.ts';

export interface DiskUnderTest {
  readonly disk: Disk;
  readonly directory: string;
  dispose(): Promise<void>;
}

const never = new AbortController().signal;
const line = (number: number, size = 100): Buffer =>
  Buffer.from(`${String(number).padEnd(size - 1, '.')}\n`);

/** What the spool promises over any disk. */
export function spoolContract(name: string, make: () => Promise<DiskUnderTest>): void {
  describe(`the spool on ${name}`, () => {
    let under: DiskUnderTest;
    const open: SpoolWriter[] = [];

    beforeEach(async () => {
      under = await make();
      await under.disk.makeDirectory(under.directory);
    });
    afterEach(async () => {
      for (const writer of open.splice(0)) await writer.close();
      await under.dispose();
    });

    function newWriter(options: Partial<WriterOptions> = {}): SpoolWriter {
      const writer = new SpoolWriter({
        disk: under.disk,
        directory: under.directory,
        clock: systemClock,
        groupMs: 2,
        ...options,
      });
      open.push(writer);
      return writer;
    }

    function newReader(found: Recovered = emptySpool): SpoolReader {
      return new SpoolReader({ disk: under.disk, directory: under.directory, found });
    }

    async function fill(count: number, options: Partial<WriterOptions> = {}): Promise<SpoolWriter> {
      const writer = newWriter(options);
      for (let number = 1; number <= count; number++) {
        await writer.append(line(number), { last: number === count }, never);
        if (number % 10 === 0) await writer.flush(never);
      }
      await writer.flush(never);
      return writer;
    }

    async function segmentsOnDisk(): Promise<number[]> {
      const names = await under.disk.list(under.directory);
      return names
        .map(segmentFirst)
        .filter((first) => first !== undefined)
        .sort((a, b) => a - b);
    }

    it('gives back what was appended, in order, numbered from 1', async () => {
      const writer = await fill(25);
      const reader = newReader();
      reader.advance(writer.durable, writer.bytes, true);
      const first = await reader.read(1, 1000);
      expect(first).toEqual({
        firstSequence: 1,
        lines: Array.from({ length: 10 }, (_, index) => line(index + 1)),
        last: false,
      });
      const rest = await reader.read(11, 1_000_000);
      expect(rest?.lines).toHaveLength(15);
      expect(rest?.last).toBe(true);
      expect(await reader.read(26, 1000)).toBeUndefined();
      await reader.close();
    });

    it('reads on over the border of segments, and again from any place', async () => {
      const writer = await fill(200, { segmentBytes: 2000 });
      expect((await segmentsOnDisk()).length).toBeGreaterThan(5);
      const reader = newReader();
      reader.advance(writer.durable, writer.bytes, true);
      for (const from of [1, 57, 9, 200, 120]) {
        const seen: Uint8Array[] = [];
        for (
          let batch = await reader.read(from, 700);
          batch !== undefined;
          batch = await reader.read(from + seen.length, 700)
        )
          seen.push(...batch.lines);
        expect(seen).toEqual(Array.from({ length: 201 - from }, (_, index) => line(from + index)));
      }
      await reader.close();
    });

    it('gives no record before it is told that it is durable', async () => {
      const writer = await fill(20);
      const reader = newReader();
      reader.advance(5, writer.bytes, false);
      expect((await reader.read(1, 1_000_000))?.lines).toHaveLength(5);
      expect(await reader.read(6, 1000)).toBeUndefined();
      await reader.close();
    });

    it('gives a record larger than asked for alone', async () => {
      const writer = newWriter();
      await writer.append(line(1, 300_000), { last: false }, never);
      await writer.append(line(2), { last: false }, never);
      await writer.flush(never);
      const reader = newReader();
      reader.advance(2, writer.bytes, false);
      const read = await reader.read(1, 1000);
      expect(read?.lines).toHaveLength(1);
      expect(line(1, 300_000).equals(read!.lines[0]!)).toBe(true);
      await reader.close();
    });

    it('tells its listener of each group when it is durable', async () => {
      const writer = newWriter();
      const told: number[] = [];
      writer.onDurable((sequence) => told.push(sequence));
      for (let number = 1; number <= 5; number++)
        await writer.append(line(number), { last: false }, never);
      await writer.flush(never);
      expect(told.at(-1)).toBe(5);
      expect(told.length).toBeLessThan(5);
    });

    it('deletes segments that are wholly acknowledged, and counts what is not', async () => {
      const writer = await fill(100, { segmentBytes: 2000 });
      const reader = newReader();
      reader.advance(writer.durable, writer.bytes, true);
      expect(reader.bytes).toBe(writer.bytes);
      while (
        (await reader.read(reader.acknowledged + 1, 500)) !== undefined &&
        reader.acknowledged < 50
      )
        await reader.acknowledge(reader.acknowledged + 5);
      expect((await segmentsOnDisk())[0]).toBeGreaterThan(20);
      expect(reader.bytes).toBeLessThan(0.6 * writer.bytes);
      await expect(reader.read(1, 1000)).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
      await reader.acknowledge(100);
      expect(reader.bytes).toBe(0);
      await reader.close();
    });

    it('refuses an acknowledgement of what is not there', async () => {
      const writer = await fill(3);
      const reader = newReader();
      reader.advance(writer.durable, writer.bytes, true);
      await expect(reader.acknowledge(4)).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
      await reader.close();
    });

    it('is found again as it was, acknowledgements included', async () => {
      const writer = await fill(100, { segmentBytes: 2000 });
      const reader = newReader();
      reader.advance(writer.durable, writer.bytes, true);
      await reader.acknowledge(60);
      await reader.close();
      await writer.close();
      const found = await recover(under.disk, under.directory);
      expect(found).toMatchObject({ durable: 100, complete: true, acknowledged: 60, cut: 0 });
      const again = newReader(found);
      expect((await again.read(61, 1_000_000))?.lines[0]).toEqual(line(61));
      await again.close();
    });

    it('cuts a torn tail and goes on after it', async () => {
      const first = newWriter();
      for (let number = 1; number <= 15; number++)
        await first.append(line(number), { last: false }, never);
      await first.flush(never);
      await first.close();
      const path = `${under.directory}/${segmentName(1)}`;
      const file = await under.disk.open(path, 'write');
      await file.write(Buffer.alloc(77, 1), await file.size());
      await file.close();
      const found = await recover(under.disk, under.directory);
      expect(found).toMatchObject({ durable: 15, cut: 77 });
      const reader = newReader(found);
      const writer = newWriter({ next: 16 });
      await writer.append(line(16), { last: true }, never);
      await writer.flush(never);
      reader.advance(16, writer.bytes, true);
      expect((await reader.read(14, 1_000_000))?.lines).toEqual([line(14), line(15), line(16)]);
      await reader.close();
    });

    it('takes damage before the tail for what it is, and can save what comes before', async () => {
      await (await fill(100, { segmentBytes: 3000 })).close();
      const second = (await segmentsOnDisk())[1]!;
      const file = await under.disk.open(`${under.directory}/${segmentName(second)}`, 'write');
      const byte = await file.read(900, 1);
      await file.write(Buffer.from([byte[0]! ^ 4]), 900);
      await file.close();
      await expect(recover(under.disk, under.directory)).rejects.toMatchObject({
        code: 'SPOOL_CORRUPT',
      });
      const found = await recover(under.disk, under.directory, { salvage: true });
      expect(found.complete).toBe(false);
      expect(found.durable).toBeGreaterThanOrEqual(second);
      expect(found.durable).toBeLessThan(second + 20);
      const reader = newReader(found);
      expect((await reader.read(1, 1_000_000))?.lines).toHaveLength(found.durable);
      await reader.close();
    });

    it('refuses to hand out a damaged record', async () => {
      const writer = await fill(30);
      const file = await under.disk.open(`${under.directory}/${segmentName(1)}`, 'write');
      await file.write(Buffer.from('X'), 500);
      await file.close();
      const reader = newReader();
      reader.advance(writer.durable, writer.bytes, true);
      await expect(reader.read(1, 1_000_000)).rejects.toMatchObject({ code: 'SPOOL_CORRUPT' });
      await reader.close();
    });

    it('makes the producer wait while too much is not durable', async () => {
      const writer = newWriter({ pendingBytes: 1000, groupMs: 50 });
      let accepted = 0;
      for (let number = 1; number <= 8; number++)
        void writer.append(line(number, 250), { last: false }, never).then(
          () => accepted++,
          () => undefined,
        );
      await new Promise((resolve) => setImmediate(resolve));
      expect(accepted).toBeLessThan(8);
      await writer.flush(never);
    });

    it('ends a producer’s wait when its signal fires', async () => {
      const writer = newWriter({ pendingBytes: 10, groupMs: 60_000 });
      await writer.append(line(1), { last: false }, never);
      const controller = new AbortController();
      const waiting = writer.append(line(2), { last: false }, controller.signal);
      controller.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    });

    it('knows an attempt by its journal, and forgets both together', async () => {
      const journal: Journal = {
        ref: { runId: 'run-1' as RunId, attempt: 2, epoch: 7 },
        kind: 'metadata',
        createdAt: 1,
        worker: { pid: 42, started: '99' },
      };
      expect(await readJournal(under.disk, under.directory)).toBeUndefined();
      await writeJournal(under.disk, under.directory, journal);
      expect(await readJournal(under.disk, under.directory)).toMatchObject(journal);
      await removeAttempt(under.disk, under.directory);
      await expect(under.disk.list(under.directory)).rejects.toMatchObject({ code: 'ENOENT' });
    });
  });
}
