import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  jobFor,
  linesOf,
  untilDurable,
  WorkerStage,
} from '../../../test/support/link/worker-stage.ts';
import type { Progress } from '../../../foundation/src/domain/progress.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

const reason = new RunnerError('CANCELLED', 'enough').toFailure();

let stage: WorkerStage;

beforeEach(async () => {
  stage = await WorkerStage.open();
});

afterEach(() => stage.close());

describe('a worker process', () => {
  it('reports records, progress, conditions and log lines', async () => {
    const { worker, outbox } = await stage.start('finish');
    const progress: Progress[] = [];
    worker.onProgress((step) => progress.push(step));
    const conditions: unknown[] = [];
    worker.onCondition((code) => conditions.push(code));
    await worker.exited;
    expect(outbox.durable()).toEqual({ sequence: 2, complete: true });
    expect(await linesOf(outbox)).toEqual(['first', 'outcome']);
    expect(progress).toEqual([{ phase: 'describe', done: 1, total: 2, apiCalls: 3 }]);
    expect(conditions).toEqual(['DISK_FULL', undefined]);
    expect(stage.logged).toContainEqual({
      level: 'warn',
      message: 'logged by the worker',
      data: { object: 'Account' },
    });
  });

  it('leaves its records for the link to close when it dies', async () => {
    const { worker, outbox } = await stage.start('die');
    await worker.exited;
    expect(outbox.durable()).toEqual({ sequence: 1, complete: false });
    await stage.store.closeInterrupted(worker.ref, reason);
    expect(outbox.durable()).toEqual({ sequence: 2, complete: true });
  });

  it('has its outcome recovered when it ended without reporting it', async () => {
    const { worker, outbox } = await stage.start('write without reporting');
    await worker.exited;
    expect(outbox.durable()).toEqual({ sequence: 2, complete: true });
  });

  it('ends with the requested status', async () => {
    const { worker, outbox } = await stage.start('stop on request');
    await untilDurable(outbox, 1);
    worker.cancel(reason, 'expired');
    await worker.exited;
    expect(await linesOf(outbox)).toEqual(['first', 'expired', 'outcome']);
  });

  it('is killed when it does not stop in time', async () => {
    const { worker, outbox } = await stage.start('hang', { graceMs: 50 });
    await untilDurable(outbox, 1);
    worker.cancel(reason, 'cancelled');
    await worker.exited;
    expect(stage.logged).toContainEqual(
      expect.objectContaining({
        message: 'worker ended',
        data: { code: null, signal: 'SIGKILL' },
      }),
    );
  });

  it('pauses and continues when the store asks it to', async () => {
    const { worker, outbox } = await stage.start('stop on request');
    await untilDurable(outbox, 1);
    const other = await stage.store.create(jobFor('run-2', ''));
    other.advance({ sequence: 1, bytes: 90_000, complete: false });
    await untilDurable(outbox, 2);
    await other.discard();
    await untilDurable(outbox, 3);
    expect(await linesOf(outbox)).toEqual(['first', 'paused true', 'paused false']);
    worker.kill();
  });

  it('prints output, of which only the size is logged', async () => {
    const { worker } = await stage.start('print');
    await worker.exited;
    await expect
      .poll(() => stage.messages)
      .toContain('withheld unexpected output of a worker process');
    const output = stage.logged
      .filter(({ message }) => message.includes('output'))
      .map(({ data }) => data);
    expect(output).toEqual([{ stream: 'stdout', bytes: expect.any(Number) as unknown }]);
    expect((output[0] as { bytes: number }).bytes).toBeGreaterThan(3000 * 40);
    expect(JSON.stringify(stage.logged)).not.toContain('xxxx');
  });

  it('sends invalid messages, which are ignored and logged', async () => {
    const { worker, outbox } = await stage.start('send an invalid message');
    await worker.exited;
    expect(stage.messages).toContain('worker sent an invalid message');
    expect(outbox.durable().complete).toBe(true);
  });
});
