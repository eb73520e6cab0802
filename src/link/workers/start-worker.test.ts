import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  jobFor,
  linesOf,
  untilDurable,
  WorkerStage,
} from '../../../test/support/link/worker-stage.ts';
import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';

let stage: WorkerStage;

beforeEach(async () => {
  stage = await WorkerStage.open();
});

afterEach(() => stage.close());

describe('starting a worker', () => {
  it('passes only the needed environment, and nothing on the command line', async () => {
    const env = {
      PATH: process.env['PATH'],
      HTTPS_PROXY: 'http://u:p@proxy',
      NODE_OPTIONS: '--inspect',
      SECRET_TOKEN: 'x',
      HYBRID_SECRET_A: 'y',
      TZ: 'UTC',
    };
    const { worker, outbox } = await stage.start('show environment', {
      env,
      variablePrefixes: ['HYBRID_SECRET_'],
      memoryMb: 123,
    });
    await worker.exited;
    const shown = JSON.parse((await linesOf(outbox))[0]!) as {
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

  it('journals the process, so that a later runner can kill it', async () => {
    const { worker, outbox } = await stage.start('hang');
    await untilDurable(outbox, 1);
    await stage.reopen();
    await worker.exited;
    expect(stage.store.held()[0]?.durable()).toEqual({ sequence: 1, complete: false });
  });

  it('treats a program that cannot be loaded like a worker that died', async () => {
    const { worker, outbox } = await stage.start('finish', {
      entry: join(stage.stateDir, 'no-such-program.js'),
    });
    await worker.exited;
    expect(outbox.durable()).toEqual({ sequence: 0, complete: false });
  });

  it('kills the process when the disk has no room to journal it, and the attempt can be closed', async () => {
    let room = true;
    const noRoom = Object.assign(new Error('no room'), { code: 'ENOSPC' });
    const disk: Disk = {
      ...nodeDisk,
      rename: (from, to) => (room ? nodeDisk.rename(from, to) : Promise.reject(noRoom)),
    };
    await stage.reopen({ disk });
    const outbox = await stage.store.create(jobFor('run-1', 'hang'));
    room = false;
    await expect(stage.start('hang')).rejects.toMatchObject({ code: 'DISK_FULL' });
    room = true;
    const error = new RunnerError('CANCELLED', 'enough').toFailure();
    await stage.store.closeInterrupted(outbox.ref, error);
    expect(outbox.durable()).toEqual({ sequence: 1, complete: true });
    expect(stage.messages).toContain('worker ended');
  });
});
