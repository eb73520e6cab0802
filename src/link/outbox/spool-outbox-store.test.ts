import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import { silentLogger } from '../../observability/logger.ts';
import { systemClock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Disk } from '../../runtime/disk.ts';
import { nodeDisk } from '../../runtime/node-disk.ts';
import { systemProcesses } from '../../runtime/processes.ts';
import { SpoolWriter } from '../../spool/writer.ts';
import {
  openOutboxStore,
  type OutboxStoreOptions,
  type SpoolOutboxStore,
} from './spool-outbox-store.ts';

const never = new AbortController().signal;
const stopped = new RunnerError('RUNNER_STOPPED', 'the runner was stopped').toFailure();
const job: Job = {
  ref: { runId: 'run-1' as RunId, attempt: 1, epoch: 3 },
  kind: 'metadata',
  workflow: '{}',
  deadlineMs: 1000,
};

let stateDir: string;
let store: SpoolOutboxStore;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'outbox-'));
  store = await openStore();
});
afterEach(async () => {
  await store.close();
  await rm(stateDir, { recursive: true });
});

function openStore(options: Partial<OutboxStoreOptions> = {}): Promise<SpoolOutboxStore> {
  return openOutboxStore({ stateDir, clock: systemClock, logger: silentLogger, ...options });
}

async function reopen(options: Partial<OutboxStoreOptions> = {}): Promise<void> {
  await store.close();
  store = await openStore(options);
}

/** What a worker does: writes, and with `tell` says so. */
async function work(
  lines: readonly string[],
  { last, tell }: { last: boolean; tell: boolean },
): Promise<void> {
  const outbox = store.spoolOf(job.ref);
  const writer = new SpoolWriter({
    disk: nodeDisk,
    directory: outbox.directory,
    clock: systemClock,
    groupMs: 1,
  });
  for (const [index, line] of lines.entries())
    await writer.append(Buffer.from(line), { last: last && index === lines.length - 1 }, never);
  await writer.flush(never);
  if (tell) outbox.advance(writer.durable, writer.bytes, last);
  await writer.close();
}

async function outcomeOf(sequence: number): Promise<Record<string, unknown>> {
  const batch = await store.spoolOf(job.ref).read(sequence, 1_000_000);
  expect(batch?.last).toBe(true);
  return JSON.parse(Buffer.from(batch!.lines.at(-1)!).toString()) as Record<string, unknown>;
}

describe('the outbox store', () => {
  it('holds a created attempt across a restart', async () => {
    const outbox = await store.create(job);
    expect(await store.create(job)).toBe(outbox);
    await reopen();
    expect(store.held().map((held) => held.ref)).toEqual([job.ref]);
    expect(store.held()[0]?.durable()).toEqual({ sequence: 0, complete: false });
  });

  it('delivers what the worker says is durable, and says that it has moved', async () => {
    const outbox = await store.create(job);
    const moved = outbox.changed(never);
    await work(['a\n', 'b\n'], { last: true, tell: true });
    await moved;
    expect(outbox.durable()).toEqual({ sequence: 2, complete: true });
    expect((await outbox.read(1, 1000))?.lines.map((line) => Buffer.from(line).toString())).toEqual(
      ['a\n', 'b\n'],
    );
    await outbox.acknowledge(2);
    expect(store.bytes()).toBe(0);
  });

  it('closes what a dead worker left, after the records it did not live to tell of', async () => {
    await store.create(job);
    await work(['a\n', 'b\n'], { last: false, tell: false });
    await store.closeInterrupted(job.ref, stopped);
    expect(store.spoolOf(job.ref).durable()).toEqual({ sequence: 3, complete: true });
    expect(await outcomeOf(1)).toMatchObject({
      kind: 'outcome',
      status: 'interrupted',
      records: 2,
      digest: '',
      error: { code: 'RUNNER_STOPPED' },
    });
  });

  it('finds what is left while what is there is being delivered', async () => {
    const outbox = await store.create(job);
    const writer = new SpoolWriter({
      disk: nodeDisk,
      directory: outbox.directory,
      clock: systemClock,
      groupMs: 1,
      segmentBytes: 500,
    });
    for (let record = 1; record <= 60; record++) {
      await writer.append(Buffer.from(`${record}\n`.padStart(100)), { last: false }, never);
      if (record % 4 === 0) await writer.flush(never);
    }
    outbox.advance(writer.durable, writer.bytes, false);
    await writer.close();
    const closing = systemClock
      .sleep(3, never)
      .then(() => store.closeInterrupted(job.ref, stopped));
    const seen: string[] = [];
    for (let last = false; !last;) {
      const batch = await outbox.read(seen.length + 1, 300);
      if (batch === undefined) {
        await outbox.changed(AbortSignal.timeout(240_000));
        continue;
      }
      seen.push(...batch.lines.map((line) => Buffer.from(line).toString().trim()));
      ({ last } = batch);
      await outbox.acknowledge(seen.length);
    }
    await closing;
    expect(seen.slice(0, 60)).toEqual(Array.from({ length: 60 }, (_, index) => String(index + 1)));
    expect(seen[60]).toContain('"status":"interrupted"');
  });

  it('leaves an outcome alone that the worker did write', async () => {
    await store.create(job);
    await work(['a\n', '{"kind":"outcome"}\n'], { last: true, tell: false });
    await store.closeInterrupted(job.ref, stopped);
    expect(store.spoolOf(job.ref).durable()).toEqual({ sequence: 2, complete: true });
  });

  it('deletes a segment that was acknowledged as soon as the worker says that it is closed', async () => {
    const outbox = await store.create(job);
    await work(['a\n', 'b\n'], { last: false, tell: true });
    await outbox.acknowledge(2);
    const segments = async (): Promise<string[]> =>
      (await readdir(outbox.directory)).filter((name) => name.endsWith('.seg'));
    expect(await segments()).toHaveLength(1);
    outbox.advance(2, 100, false, 3);
    await expect.poll(segments).toEqual([]);
    await store.closeInterrupted(job.ref, stopped);
    expect(outbox.durable()).toEqual({ sequence: 3, complete: true });
    expect((await outcomeOf(3))['records']).toBe(2);
  });

  it('takes the worker’s word while a segment is being deleted, and deletes what that word closed', async () => {
    const [deleting, deleted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow: Disk = {
      ...nodeDisk,
      async unlink(path) {
        await nodeDisk.unlink(path);
        if (!path.endsWith('2.seg')) return;
        deleting.resolve();
        await deleted.promise;
      },
    };
    await reopen({ disk: slow });
    const outbox = await store.create(job);
    const writer = new SpoolWriter({
      disk: nodeDisk,
      directory: outbox.directory,
      clock: systemClock,
      groupMs: 1,
      segmentBytes: 100,
    });
    const write = async (): Promise<void> => {
      await writer.append(Buffer.from('a'.repeat(200)), { last: false }, never);
      await writer.flush(never);
    };
    const segments = async (): Promise<string[]> =>
      (await readdir(outbox.directory)).filter((name) => name.endsWith('.seg'));
    for (let record = 1; record <= 3; record++) await write();
    outbox.advance(3, writer.bytes, false, 3);
    const acknowledged = outbox.acknowledge(3);
    await deleting.promise;
    outbox.advance(3, writer.bytes, false, 4);
    deleted.resolve();
    await acknowledged;
    expect(await segments()).toEqual([]);
    await write();
    outbox.advance(4, writer.bytes, false, 4);
    expect((await outbox.read(4, 1000))?.firstSequence).toBe(4);
    await writer.close();
  });

  it('forgets a discarded attempt for good', async () => {
    const outbox = await store.create(job);
    await work(['a\n'], { last: false, tell: true });
    await outbox.discard();
    expect(store.held()).toEqual([]);
    expect(await readdir(join(stateDir, 'spool'))).toEqual([]);
    await reopen();
    expect(store.held()).toEqual([]);
  });

  it('waits with a discard until the worker is gone', async () => {
    const outbox = await store.create(job);
    const gone = Promise.withResolvers<void>();
    await outbox.attachWriter({ pid: process.pid }, gone.promise);
    let discarded = false;
    const discarding = outbox.discard().then(() => (discarded = true));
    await systemClock.sleep(20, never);
    expect(discarded).toBe(false);
    gone.resolve();
    await discarding;
  });

  it('removes the directory of an attempt that never came to be', async () => {
    await nodeDisk.makeDirectory(join(stateDir, 'spool/run-9.1.1'));
    await reopen();
    expect(await readdir(join(stateDir, 'spool'))).toEqual([]);
  });

  it('closes a damaged attempt with what was good of it', async () => {
    const outbox = await store.create(job);
    await work(['first\n'], { last: false, tell: true });
    const path = join(outbox.directory, '00000000000000000001.seg');
    const second = new SpoolWriter({
      disk: nodeDisk,
      directory: outbox.directory,
      clock: systemClock,
      next: 2,
      groupMs: 1,
    });
    await second.append(Buffer.from('second\n'), { last: true }, never);
    await second.flush(never);
    await second.close();
    const file = await open(path, 'r+');
    await file.write('X', 40);
    await file.close();
    await reopen();
    expect(store.held()[0]?.durable()).toEqual({ sequence: 1, complete: true });
    expect(await outcomeOf(1)).toMatchObject({
      status: 'interrupted',
      records: 0,
      error: { code: 'SPOOL_CORRUPT' },
    });
  });

  it('starts in spite of a journal that cannot be read', async () => {
    const outbox = await store.create(job);
    await writeFile(join(outbox.directory, 'attempt.json'), 'nonsense');
    await reopen();
    expect(store.held()).toEqual([]);
  });

  it('tells workers to pause when too much waits, and to go on when it is delivered', async () => {
    await reopen({ maxBytes: 1000 });
    const outbox = await store.create(job);
    const said: boolean[] = [];
    store.onPaused((paused) => said.push(paused));
    await work(['x'.repeat(900)], { last: false, tell: true });
    expect(said).toEqual([true]);
    await expect(store.create({ ...job, ref: { ...job.ref, epoch: 4 } })).rejects.toMatchObject({
      code: 'SPOOL_FULL',
    });
    await outbox.acknowledge(1);
    expect(said).toEqual([true, false]);
  });
});

describe('a full disk', () => {
  /** A disk that has room for so many more operations that need some. */
  function fullAfter(operations: number): Disk {
    let left = operations;
    const needRoom = (): void => {
      left -= 1;
      if (left < 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    };
    return {
      ...nodeDisk,
      async open(path, mode) {
        if (mode === 'create') needRoom();
        const file = await nodeDisk.open(path, mode);
        const write = file.write.bind(file);
        return Object.assign(file, {
          async write(bytes: Uint8Array, position: number) {
            needRoom();
            await write(bytes, position);
          },
        });
      },
      async makeDirectory(path) {
        needRoom();
        await nodeDisk.makeDirectory(path);
      },
    };
  }

  it('leaves nothing of an attempt that it has no room for, wherever it runs full', async () => {
    let created = 0;
    for (let operations = 1; created === 0; operations++) {
      await store.close();
      // The first is for the spool directory itself.
      store = await openStore({ disk: fullAfter(operations) });
      try {
        await store.create(job);
        created = operations;
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'DISK_FULL' });
        expect(await readdir(join(stateDir, 'spool'))).toEqual([]);
      }
    }
    expect(created).toBeGreaterThan(3);
  });
});

describe('a spool directory', () => {
  it('with files and directories of somebody else is used, and they are left alone', async () => {
    await store.create(job);
    const spool = join(stateDir, 'spool');
    await writeFile(join(spool, 'notes.txt'), 'mine');
    await writeFile(join(spool, 'run-7.1.1'), 'a file with the name of an attempt');
    await mkdir(join(spool, 'lost+found'));
    await writeFile(join(spool, 'lost+found', 'kept'), 'mine too');
    const warned: unknown[] = [];
    const log = (level: string, message: string, data: unknown): void =>
      void (level === 'warn' && warned.push([message, data]));
    await reopen({ logger: { ...silentLogger, log } });
    expect(store.held()).toHaveLength(1);
    expect((await readdir(spool)).sort()).toEqual([
      'lost+found',
      'notes.txt',
      'run-1.1.3',
      'run-7.1.1',
    ]);
    expect(await readdir(join(spool, 'lost+found'))).toEqual(['kept']);
    expect(warned).toHaveLength(3);
    for (const name of ['lost+found', 'notes.txt', 'run-7.1.1'])
      expect(warned).toContainEqual([
        'ignoring a file in the spool directory that is not an attempt',
        { path: join(spool, name) },
      ]);
  });

  it('is used in spite of an unwanted attempt that cannot be deleted', async () => {
    await mkdir(join(stateDir, 'spool/run-9.1.1/subdirectory'), { recursive: true });
    await reopen();
    expect(await readdir(join(stateDir, 'spool'))).toEqual(['run-9.1.1']);
  });

  it('delivers nothing that an earlier identity left', async () => {
    await reopen({ owner: 'runner-1' });
    await store.create(job);
    await work(['a\n'], { last: true, tell: true });
    await reopen({ owner: 'runner-1' });
    expect(store.held()).toHaveLength(1);
    await reopen({ owner: 'runner-2' });
    expect(store.held()).toEqual([]);
    expect(await readdir(join(stateDir, 'spool'))).toEqual([]);
  });
});

describe('the state directory', () => {
  it('belongs to one process', async () => {
    await expect(openStore()).rejects.toMatchObject({ code: 'STATE_LOCKED' });
  });

  it.skipIf(process.platform === 'win32')(
    'is freed of workers that outlived their runner',
    async () => {
      const outbox = await store.create(job);
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      const ended = once(child, 'exit');
      await outbox.attachWriter(await systemProcesses.identify(child.pid!), Promise.resolve());
      await reopen();
      expect((await ended)[1]).toBe('SIGKILL');
    },
  );
});
