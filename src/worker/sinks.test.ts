import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { settle } from '../../test/support/simulated-clock.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { SpoolWriter } from '../spool/writer.ts';
import { FileSink } from './file-sink.ts';
import { SpoolSink } from './spool-sink.ts';
import { StreamSink } from './stream-sink.ts';

const outOfTime = new RunnerError('DEADLINE_EXCEEDED', 'too long');

describe('a file of records', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sink-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('replaces an existing file, keeps the order, and is readable only by its owner', async () => {
    const path = join(directory, 'out.jsonl');
    await writeFile(path, 'old');
    const sink = await FileSink.open(path);
    const lines = Array.from(
      { length: 5000 },
      (_, index) => `{"n":${index},"x":"${'y'.repeat(100)}"}\n`,
    );
    for (const line of lines) await sink.write(Buffer.from(line), false, NEVER);
    await sink.flush();
    await sink.close();
    expect(await readFile(path, 'utf8')).toBe(lines.join(''));
    const fresh = await FileSink.open(join(directory, 'new.jsonl'));
    await fresh.close();
    expect((await stat(join(directory, 'new.jsonl'))).mode & 0o077).toBe(0);
  });

  it('is named in the error with the reason if it cannot be opened', async () => {
    await expect(FileSink.open(join(directory, 'no/such/place'))).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      retryable: false,
    });
    await expect(FileSink.open(directory)).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
  });

  it.runIf(process.platform === 'linux')('says when the disk is full', async () => {
    const sink = await FileSink.open('/dev/full');
    await sink.write(Buffer.from('{}\n'), true, NEVER);
    await expect(sink.flush()).rejects.toMatchObject({
      code: 'DISK_FULL',
      remedy: expect.stringContaining('--out') as unknown,
    });
    await sink.close();
  });
});

describe('a stream of records', () => {
  it('waits for its reader', async () => {
    const stream = new PassThrough({ highWaterMark: 10 });
    const sink = new StreamSink(stream);
    let written = false;
    const writing = sink
      .write(Buffer.from('a line longer than that\n'), false, NEVER)
      .then(() => (written = true));
    await settle();
    expect(written).toBe(false);
    stream.resume();
    await writing;
    await sink.flush(NEVER);
  });

  it.each([1, 3])(
    'reports the loss of the last of %i lines without a later write',
    async (lines) => {
      let left = lines;
      const full = new Writable({
        write: (_chunk, _encoding, done) =>
          left-- > 1 ? done() : done(Object.assign(new Error('no room'), { code: 'ENOSPC' })),
      }).on('error', () => undefined);
      const sink = new StreamSink(full);
      for (let line = 1; line < lines; line++)
        await sink.write(Buffer.from('line\n'), false, NEVER);
      await sink.write(Buffer.from('outcome\n'), true, NEVER).catch(() => undefined);
      await expect(sink.flush(NEVER)).rejects.toMatchObject({ code: 'DISK_FULL' });
    },
  );

  it('does not wait for a reader that has closed the pipe', async () => {
    const stream = new PassThrough({ highWaterMark: 1 }).on('error', () => undefined);
    const sink = new StreamSink(stream);
    const writing = sink.write(Buffer.from('line\n'), false, NEVER);
    stream.destroy();
    await expect(writing).rejects.toMatchObject({ code: 'SINK_FAILED' });
  });

  it('stops waiting when its signal is aborted', async () => {
    const controller = new AbortController();
    const writing = new StreamSink(new PassThrough({ highWaterMark: 1 })).write(
      Buffer.from('line\n'),
      false,
      controller.signal,
    );
    controller.abort(outOfTime);
    await expect(writing).rejects.toBe(outOfTime);
  });
});

describe('records into the spool', () => {
  async function open(): Promise<{ disk: SimulatedDisk; writer: SpoolWriter; sink: SpoolSink }> {
    const disk = new SimulatedDisk(Math.random);
    await disk.makeDirectory('/a');
    const writer = new SpoolWriter({
      disk,
      directory: '/a',
      clock: systemClock,
      groupMs: 1,
      pendingBytes: 100,
      retryMs: 5,
    });
    return { disk, writer, sink: new SpoolSink(writer) };
  }

  it('wait while too much is undelivered, except for the outcome', async () => {
    const { writer, sink } = await open();
    sink.setPaused(true);
    let written = false;
    const writing = sink.write(Buffer.from('line\n'), false, NEVER).then(() => (written = true));
    await settle();
    expect(written).toBe(false);
    sink.setPaused(false);
    await writing;
    sink.setPaused(true);
    await sink.write(Buffer.from('outcome\n'), true, NEVER);
    await sink.flush(NEVER);
    expect(sink.isComplete(writer.durable)).toBe(true);
    await writer.close();
  });

  it('fail with SPOOL_FULL if the deadline passes before the delivery', async () => {
    const { writer, sink } = await open();
    const controller = new AbortController();
    sink.setPaused(true);
    const writing = sink.write(Buffer.from('line\n'), false, controller.signal);
    controller.abort(outOfTime);
    await expect(writing).rejects.toMatchObject({ code: 'SPOOL_FULL' });
    await writer.close();
  });

  it('fail with DISK_FULL if the deadline passes before there is space', async () => {
    const { disk, writer, sink } = await open();
    disk.capacity = 10;
    const controller = new AbortController();
    await sink.write(Buffer.from('line'.repeat(100)), false, controller.signal);
    const flushing = sink.flush(controller.signal);
    await systemClock.sleep(20, NEVER);
    controller.abort(outOfTime);
    await expect(flushing).rejects.toMatchObject({ code: 'DISK_FULL' });
    await writer.close();
  });
});
