import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunId } from '../../domain/ids.ts';
import type { Progress } from '../../domain/progress.ts';
import { silentLogger, type Logger } from '../../observability/logger.ts';
import { systemClock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Disk } from '../../runtime/disk.ts';
import { nodeDisk } from '../../runtime/node-disk.ts';
import type { SpoolOutbox } from '../outbox/spool-outbox.ts';
import { openOutboxStore, type SpoolOutboxStore } from '../outbox/spool-outbox-store.ts';
import type { WorkerHandle } from './worker-handle.ts';
import { createStartWorker, type StartWorkerOptions } from './worker-process.ts';

const never = new AbortController().signal;
const entry = join(import.meta.dirname, '../../../test/support/worker-program.ts');
const reason = new RunnerError('CANCELLED', 'enough').toFailure();

let stateDir: string;
let store: SpoolOutboxStore;
let said: { level: string; message: string; data: unknown }[];
let started: WorkerHandle[];
const logger: Logger = {
  log: (level, message, data) => void said.push({ level, message, data }),
  child: () => logger,
};

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'workers-'));
  store = await openOutboxStore({
    stateDir,
    clock: systemClock,
    logger: silentLogger,
    maxBytes: 100_000,
  });
  said = [];
  started = [];
});
afterEach(async () => {
  for (const worker of started) {
    worker.kill();
    await worker.exited;
  }
  await store.close();
  await rm(stateDir, { recursive: true });
});

async function start(
  behaviour: string,
  options: Partial<StartWorkerOptions> = {},
): Promise<{ worker: WorkerHandle; outbox: SpoolOutbox }> {
  const job = {
    ref: { runId: 'run-1' as RunId, attempt: 1, epoch: 1 },
    kind: 'metadata' as const,
    workflow: behaviour,
    deadlineMs: 1000,
  };
  const outbox = await store.create(job);
  const worker = await createStartWorker({
    store,
    entry,
    settings: {},
    logger,
    clock: systemClock,
    env: process.env,
    ...options,
  })(job, outbox);
  started.push(worker);
  return { worker, outbox };
}

async function until(outbox: SpoolOutbox, sequence: number): Promise<void> {
  while (outbox.durable().sequence < sequence) await outbox.changed(AbortSignal.timeout(240_000));
}

async function lines(outbox: SpoolOutbox): Promise<string[]> {
  const batch = await outbox.read(1, 1_000_000);
  return (batch?.lines ?? []).map((line) => Buffer.from(line).toString().trim());
}

describe('a worker process', () => {
  it('has its records delivered, its progress and condition told and its log kept', async () => {
    const { worker, outbox } = await start('finish');
    const progress: Progress[] = [];
    worker.onProgress((step) => progress.push(step));
    const conditions: unknown[] = [];
    worker.onCondition((code) => conditions.push(code));
    await worker.exited;
    expect(outbox.durable()).toEqual({ sequence: 2, complete: true });
    expect(await lines(outbox)).toEqual(['first', 'outcome']);
    expect(progress).toEqual([{ phase: 'describe', done: 1, total: 2, apiCalls: 3 }]);
    expect(conditions).toEqual(['DISK_FULL', undefined]);
    expect(said).toContainEqual({
      level: 'warn',
      message: 'said by the worker',
      data: { object: 'Account' },
    });
  });

  it('that dies leaves what it wrote, for the link to close', async () => {
    const { worker, outbox } = await start('die');
    await worker.exited;
    expect(outbox.durable()).toEqual({ sequence: 1, complete: false });
    await store.closeInterrupted(worker.ref, reason);
    expect(outbox.durable()).toEqual({ sequence: 2, complete: true });
  });

  it('that did not live to tell of its outcome is believed all the same', async () => {
    const { worker, outbox } = await start('write without telling');
    await worker.exited;
    expect(outbox.durable()).toEqual({ sequence: 2, complete: true });
  });

  it('ends with the status it is asked to end with', async () => {
    const { worker, outbox } = await start('stop when asked');
    await until(outbox, 1);
    worker.cancel(reason, 'expired');
    await worker.exited;
    expect(await lines(outbox)).toEqual(['first', 'expired', 'outcome']);
  });

  it('is killed when it does not stop in time', async () => {
    const { worker, outbox } = await start('hang', { graceMs: 50 });
    await until(outbox, 1);
    worker.cancel(reason, 'cancelled');
    await worker.exited;
    expect(said).toContainEqual(
      expect.objectContaining({
        message: 'the worker has ended',
        data: { code: null, signal: 'SIGKILL' },
      }),
    );
  });

  it('hears when it is to pause, and when to go on', async () => {
    const { worker, outbox } = await start('stop when asked');
    await until(outbox, 1);
    const other = await store.create({
      ref: { runId: 'run-2' as RunId, attempt: 1, epoch: 1 },
      kind: 'metadata',
      workflow: '',
      deadlineMs: 1,
    });
    other.advance(1, 90_000, false);
    await until(outbox, 2);
    await other.discard();
    await until(outbox, 3);
    expect(await lines(outbox)).toEqual(['first', 'paused true', 'paused false']);
    worker.kill();
  });

  it('gets no more of the environment than it needs, and nothing on its command line', async () => {
    const env = {
      PATH: process.env['PATH'],
      HTTPS_PROXY: 'http://u:p@proxy',
      NODE_OPTIONS: '--inspect',
      SECRET_TOKEN: 'x',
      HYBRID_SECRET_A: 'y',
      TZ: 'UTC',
    };
    const { worker, outbox } = await start('show environment', {
      env,
      secretPrefix: 'HYBRID_SECRET_',
      memoryMb: 123,
    });
    await worker.exited;
    const shown = JSON.parse((await lines(outbox))[0]!) as {
      env: Record<string, string>;
      argv: string[];
      execArgv: string[];
    };
    expect(
      Object.keys(shown.env)
        .filter((name) => !name.startsWith('NODE_CHANNEL') && !name.startsWith('VITEST'))
        .sort(),
    ).toEqual(['HYBRID_SECRET_A', 'MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_', 'PATH', 'TZ']);
    expect(shown.argv).toEqual([]);
    expect(shown.execArgv).toContain('--max-old-space-size=123');
  });

  it('may print what it likes: the number of bytes is all that is logged', async () => {
    const { worker } = await start('chatter');
    await worker.exited;
    await expect
      .poll(() => said.map(({ message }) => message))
      .toContain('the worker process wrote unexpected output: withheld');
    const output = said.filter(({ message }) => message.includes('output')).map(({ data }) => data);
    expect(output).toEqual([{ stream: 'stdout', bytes: expect.any(Number) as unknown }]);
    expect((output[0] as { bytes: number }).bytes).toBeGreaterThan(3000 * 40);
    expect(JSON.stringify(said)).not.toContain('xxxx');
  });

  it('is not believed when it talks nonsense', async () => {
    const { worker, outbox } = await start('nonsense');
    await worker.exited;
    expect(said.map(({ message }) => message)).toContain('the worker sent a message that is none');
    expect(outbox.durable().complete).toBe(true);
  });

  it('that cannot even start ends like one that died', async () => {
    const { worker, outbox } = await start('finish', {
      entry: join(stateDir, 'no-such-program.js'),
    });
    await worker.exited;
    expect(outbox.durable()).toEqual({ sequence: 0, complete: false });
  });

  it('is ended, and its attempt can be closed, when there is no room to name it in the journal', async () => {
    await store.close();
    let room = true;
    const disk: Disk = {
      ...nodeDisk,
      rename: (from, to) =>
        room
          ? nodeDisk.rename(from, to)
          : Promise.reject(Object.assign(new Error('no room'), { code: 'ENOSPC' })),
    };
    store = await openOutboxStore({ stateDir, clock: systemClock, logger: silentLogger, disk });
    const job = {
      ref: { runId: 'run-1' as RunId, attempt: 1, epoch: 1 },
      kind: 'metadata' as const,
      workflow: 'hang',
      deadlineMs: 1000,
    };
    const outbox = await store.create(job);
    room = false;
    await expect(
      createStartWorker({
        store,
        entry,
        settings: {},
        logger,
        clock: systemClock,
        env: process.env,
      })(job, outbox),
    ).rejects.toMatchObject({ code: 'DISK_FULL' });
    room = true;
    await store.closeInterrupted(job.ref, reason);
    expect(outbox.durable()).toEqual({ sequence: 1, complete: true });
    expect(said).toContainEqual(expect.objectContaining({ message: 'the worker has ended' }));
  });

  it('is named in the journal, so that a later runner can end it', async () => {
    const { worker, outbox } = await start('hang');
    await until(outbox, 1);
    const exited = worker.exited;
    await store.close();
    store = await openOutboxStore({ stateDir, clock: systemClock, logger: silentLogger });
    await exited;
    expect(store.held()[0]?.durable()).toEqual({ sequence: 1, complete: false });
    await systemClock.sleep(1, never);
  });
});
