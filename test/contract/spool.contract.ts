import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunId } from '../../foundation/src/domain/ids.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { readJournal, removeAttempt, writeJournal, type Journal } from '../../src/spool/journal.ts';
import { recover } from '../../src/spool/recover.ts';
import { segmentName } from '../../src/spool/segment.ts';
import { type DiskUnderTest, line, SpoolUnderTest } from '../support/spool-under-test.ts';

/** What the spool promises on any disk. */
export function spoolContract(name: string, make: () => Promise<DiskUnderTest>): void {
  describe(`the spool on ${name}`, () => {
    let spool: SpoolUnderTest;

    beforeEach(async () => {
      spool = await SpoolUnderTest.open(await make());
    });
    afterEach(() => spool.close());

    it('returns the appended records in order, numbered from 1', async () => {
      const writer = await spool.fill(25);
      const reader = spool.newReader();
      reader.advance({ sequence: writer.durable, bytes: writer.bytes, complete: true });
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

    it('reads across segments, and again from any position', async () => {
      const writer = await spool.fill(200, { segmentBytes: 2000 });
      expect((await spool.segmentsOnDisk()).length).toBeGreaterThan(5);
      const reader = spool.newReader();
      reader.advance({ sequence: writer.durable, bytes: writer.bytes, complete: true });
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

    it('returns no record before it is reported durable', async () => {
      const writer = await spool.fill(20);
      const reader = spool.newReader();
      reader.advance({ sequence: 5, bytes: writer.bytes, complete: false });
      expect((await reader.read(1, 1_000_000))?.lines).toHaveLength(5);
      expect(await reader.read(6, 1000)).toBeUndefined();
      await reader.close();
    });

    it('returns a record that is larger than the limit alone', async () => {
      const writer = spool.newWriter();
      await writer.append(line(1, 300_000), { last: false }, NEVER);
      await writer.append(line(2), { last: false }, NEVER);
      await writer.flush(NEVER);
      const reader = spool.newReader();
      reader.advance({ sequence: 2, bytes: writer.bytes, complete: false });
      const read = await reader.read(1, 1000);
      expect(read?.lines).toHaveLength(1);
      expect(line(1, 300_000).equals(read!.lines[0]!)).toBe(true);
      await reader.close();
    });

    it('makes records durable without a flush', async () => {
      const writer = spool.newWriter();
      const durable = new Promise((resolve) => writer.onDurable(resolve));
      await writer.append(line(1), { last: false }, NEVER);
      expect(await durable).toBe(1);
    });

    it('calls its listener for each group when it is durable', async () => {
      const writer = spool.newWriter();
      const reported: number[] = [];
      writer.onDurable((sequence) => reported.push(sequence));
      for (let number = 1; number <= 5; number++)
        await writer.append(line(number), { last: false }, NEVER);
      await writer.flush(NEVER);
      expect(reported.at(-1)).toBe(5);
      expect(reported.length).toBeLessThan(5);
    });

    it('deletes fully acknowledged segments, and counts the bytes of the rest', async () => {
      const writer = await spool.fill(100, { segmentBytes: 2000 });
      const reader = spool.newReader();
      reader.advance({ sequence: writer.durable, bytes: writer.bytes, complete: true });
      expect(reader.bytes).toBe(writer.bytes);
      while (
        (await reader.read(reader.acknowledged + 1, 500)) !== undefined &&
        reader.acknowledged < 50
      )
        await reader.acknowledge(reader.acknowledged + 5);
      expect((await spool.segmentsOnDisk())[0]).toBeGreaterThan(20);
      expect(reader.bytes).toBeLessThan(0.6 * writer.bytes);
      await expect(reader.read(1, 1000)).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
      await reader.acknowledge(100);
      expect(reader.bytes).toBe(0);
      await reader.close();
    });

    it('rejects an acknowledgement beyond the last record', async () => {
      const writer = await spool.fill(3);
      const reader = spool.newReader();
      reader.advance({ sequence: writer.durable, bytes: writer.bytes, complete: true });
      await expect(reader.acknowledge(4)).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
      await reader.close();
    });

    it('restores records and acknowledgements after a restart', async () => {
      const writer = await spool.fill(100, { segmentBytes: 2000 });
      const reader = spool.newReader();
      reader.advance({ sequence: writer.durable, bytes: writer.bytes, complete: true });
      await reader.acknowledge(60);
      await reader.close();
      await writer.close();
      const found = await recover(spool.disk, spool.directory);
      expect(found).toMatchObject({ durable: 100, complete: true, acknowledged: 60, cut: 0 });
      const again = spool.newReader(found);
      expect((await again.read(61, 1_000_000))?.lines[0]).toEqual(line(61));
      await again.close();
    });

    it('cuts a torn tail and continues after it', async () => {
      const first = spool.newWriter();
      for (let number = 1; number <= 15; number++)
        await first.append(line(number), { last: false }, NEVER);
      await first.flush(NEVER);
      await first.close();
      const path = `${spool.directory}/${segmentName(1)}`;
      const file = await spool.disk.open(path, 'write');
      await file.write(Buffer.alloc(77, 1), await file.size());
      await file.close();
      const found = await recover(spool.disk, spool.directory);
      expect(found).toMatchObject({ durable: 15, cut: 77 });
      const reader = spool.newReader(found);
      const writer = spool.newWriter({ next: 16 });
      await writer.append(line(16), { last: true }, NEVER);
      await writer.flush(NEVER);
      reader.advance({ sequence: 16, bytes: writer.bytes, complete: true });
      expect((await reader.read(14, 1_000_000))?.lines).toEqual([line(14), line(15), line(16)]);
      await reader.close();
    });

    it('reports damage before the tail, and can salvage the records before it', async () => {
      await (await spool.fill(100, { segmentBytes: 3000 })).close();
      const second = (await spool.segmentsOnDisk())[1]!;
      const file = await spool.disk.open(`${spool.directory}/${segmentName(second)}`, 'write');
      const byte = await file.read(900, 1);
      await file.write(Buffer.from([byte[0]! ^ 4]), 900);
      await file.close();
      await expect(recover(spool.disk, spool.directory)).rejects.toMatchObject({
        code: 'SPOOL_CORRUPT',
      });
      const found = await recover(spool.disk, spool.directory, { salvage: true });
      expect(found.complete).toBe(false);
      expect(found.durable).toBeGreaterThanOrEqual(second);
      expect(found.durable).toBeLessThan(second + 20);
      const reader = spool.newReader(found);
      expect((await reader.read(1, 1_000_000))?.lines).toHaveLength(found.durable);
      await reader.close();
    });

    it('does not return a damaged record', async () => {
      const writer = await spool.fill(30);
      const file = await spool.disk.open(`${spool.directory}/${segmentName(1)}`, 'write');
      await file.write(Buffer.from('X'), 500);
      await file.close();
      const reader = spool.newReader();
      reader.advance({ sequence: writer.durable, bytes: writer.bytes, complete: true });
      await expect(reader.read(1, 1_000_000)).rejects.toMatchObject({ code: 'SPOOL_CORRUPT' });
      await reader.close();
    });

    it('makes the producer wait while too many bytes are not durable', async () => {
      const writer = spool.newWriter({ pendingBytes: 1000, groupMs: 50 });
      let accepted = 0;
      for (let number = 1; number <= 8; number++)
        void writer.append(line(number, 250), { last: false }, NEVER).then(
          () => accepted++,
          () => undefined,
        );
      await new Promise((resolve) => setImmediate(resolve));
      expect(accepted).toBeLessThan(8);
      await writer.flush(NEVER);
    });

    it('stops a waiting producer when its signal fires', async () => {
      const writer = spool.newWriter({ pendingBytes: 10, groupMs: 60_000 });
      await writer.append(line(1), { last: false }, NEVER);
      const controller = new AbortController();
      const waiting = writer.append(line(2), { last: false }, controller.signal);
      controller.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    });

    it('removes an attempt together with its journal', async () => {
      const journal: Journal = {
        ref: { runId: 'run-1' as RunId, attempt: 2, epoch: 7 },
        kind: 'metadata',
        createdAt: 1,
        worker: { pid: 42, started: '99' },
      };
      expect(await readJournal(spool.disk, spool.directory)).toBeUndefined();
      await writeJournal(spool.disk, spool.directory, journal);
      expect(await readJournal(spool.disk, spool.directory)).toMatchObject(journal);
      await removeAttempt(spool.disk, spool.directory);
      await expect(spool.disk.list(spool.directory)).rejects.toMatchObject({ code: 'ENOENT' });
    });
  });
}
