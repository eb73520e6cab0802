import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { WorkerStage, workerWorkflow } from '../../test/support/worker-stage.ts';

let stage: WorkerStage;
beforeEach(async () => {
  stage = await WorkerStage.open();
});
afterEach(() => stage.close());

/** Only root may give a test a disk of its own. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

describe('the process of a worker', () => {
  it.skipIf(process.platform === 'win32')('ignores signals; only the link stops it', async () => {
    stage.start(workerWorkflow);
    await stage.reached;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'] as const)
      stage.worker.kill(signal);
    stage.send({
      type: 'stop',
      status: 'interrupted',
      reason: { code: 'RUNNER_STOPPED', message: 'drained', remedy: '', retryable: true },
    });
    expect(await stage.outcome()).toMatchObject({
      status: 'interrupted',
      error: { message: 'drained' },
    });
  });

  it.skipIf(!canMount)(
    'reports a full disk, waits, and reports when it has space again',
    async () => {
      const small = join(stage.directory, 'small');
      await mkdir(small);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
      try {
        await expect(writeFile(join(small, 'filler'), Buffer.alloc(100_000))).rejects.toMatchObject(
          { code: 'ENOSPC' },
        );
        stage.start({ nothing: true }, undefined, small);
        await stage.receivedOf('condition');
        expect(stage.received.find(({ type }) => type === 'condition')).toEqual({
          type: 'condition',
          code: 'DISK_FULL',
        });
        await rm(join(small, 'filler'));
        expect(await stage.outcome(small)).toMatchObject({
          status: 'failed',
          error: { code: 'JOB_INVALID' },
        });
        expect(stage.received.findLast(({ type }) => type === 'condition')).toEqual({
          type: 'condition',
        });
      } finally {
        execFileSync('umount', [small]);
      }
    },
  );

  it('exits when its lease expires, and logs the reason', async () => {
    stage.start(workerWorkflow);
    await stage.reached;
    stage.send({ type: 'lease', endsAt: systemClock.uptime() + 3_600_000 });
    const exit = once(stage.worker, 'exit');
    stage.send({ type: 'lease', endsAt: systemClock.uptime() + 300 });
    expect((await exit)[0]).toBe(76);
    expect(stage.received).toContainEqual(
      expect.objectContaining({
        type: 'log',
        level: 'warn',
        message: 'lease expired; worker exits',
      }),
    );
  });

  it('exits when the link exits', async () => {
    stage.start(workerWorkflow);
    await stage.reached;
    const exit = once(stage.worker, 'exit');
    stage.worker.disconnect();
    expect((await exit)[0]).toBe(75);
  });
});

describe.skipIf(process.platform !== 'linux')('a core dump of a worker', () => {
  it('holds no memory', async () => {
    expect(await readFile(`/proc/${stage.worker.pid!}/coredump_filter`, 'utf8')).toBe('00000000\n');
  });
});
