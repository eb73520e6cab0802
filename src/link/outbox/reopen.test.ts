import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { job, OutboxStage } from '../../../test/support/link/outbox-stage.ts';
import { silentLogger } from '../../../foundation/src/logging/logger.ts';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { systemProcesses } from '../../../foundation/src/runtime/processes.ts';

let stage: OutboxStage;

beforeEach(async () => {
  stage = await OutboxStage.open();
});

afterEach(() => stage.close());

describe('reopening a store', () => {
  it('deletes the directory of an attempt that was never journaled', async () => {
    await nodeDisk.makeDirectory(join(stage.spool, 'run-9.1.1'));
    await stage.reopen();
    expect(await readdir(stage.spool)).toEqual([]);
  });

  it('closes a damaged attempt behind its last good record', async () => {
    const outbox = await stage.store.create(job);
    await stage.work(['first\n'], { last: false, report: true });
    const second = stage.newWriter(outbox, { next: 2 });
    await second.append(Buffer.from('second\n'), { last: true }, NEVER);
    await second.flush(NEVER);
    await second.close();
    const file = await open(join(outbox.directory, '00000000000000000001.seg'), 'r+');
    await file.write('X', 40);
    await file.close();
    await stage.reopen();
    expect(stage.store.held()[0]?.durable()).toEqual({ sequence: 1, complete: true });
    expect(await stage.outcomeOf(1)).toMatchObject({
      status: 'interrupted',
      records: 0,
      error: { code: 'SPOOL_CORRUPT' },
    });
  });

  it('succeeds despite a journal that cannot be read', async () => {
    const outbox = await stage.store.create(job);
    await writeFile(join(outbox.directory, 'attempt.json'), 'nonsense');
    await stage.reopen();
    expect(stage.store.held()).toEqual([]);
  });

  it('ignores files and directories that are not attempts', async () => {
    await stage.store.create(job);
    const { spool } = stage;
    await writeFile(join(spool, 'notes.txt'), 'mine');
    await writeFile(join(spool, 'run-7.1.1'), 'a file with the name of an attempt');
    await mkdir(join(spool, 'lost+found'));
    await writeFile(join(spool, 'lost+found', 'kept'), 'mine too');
    const warned: unknown[] = [];
    const log = (level: string, message: string, data: unknown): void =>
      void (level === 'warn' && warned.push([message, data]));
    await stage.reopen({ logger: { ...silentLogger, log } });
    expect(stage.store.held()).toHaveLength(1);
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

  it('succeeds despite an unwanted attempt that cannot be deleted', async () => {
    await mkdir(join(stage.spool, 'run-9.1.1/subdirectory'), { recursive: true });
    await stage.reopen();
    expect(await readdir(stage.spool)).toEqual(['run-9.1.1']);
  });

  it('deletes the attempts of an earlier identity', async () => {
    await stage.reopen({ owner: 'runner-1' });
    await stage.store.create(job);
    await stage.work(['a\n'], { last: true, report: true });
    await stage.reopen({ owner: 'runner-1' });
    expect(stage.store.held()).toHaveLength(1);
    await stage.reopen({ owner: 'runner-2' });
    expect(stage.store.held()).toEqual([]);
    expect(await readdir(stage.spool)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('kills workers that outlived their runner', async () => {
    const outbox = await stage.store.create(job);
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const ended = once(child, 'exit');
    await outbox.attachWriter(await systemProcesses.identify(child.pid!), Promise.resolve());
    await stage.reopen();
    expect((await ended)[1]).toBe('SIGKILL');
  });

  it('logs once that it kills a worker, however long that takes', async () => {
    const outbox = await stage.store.create(job);
    const identity = { pid: 4_000_000, started: 'then' };
    await outbox.attachWriter(identity, Promise.resolve());
    let kills = 0;
    const slow = { isAlive: async () => kills < 3, kill: async () => void (kills += 1) };
    const warned: unknown[] = [];
    const log = (level: string, message: string): void =>
      void (level === 'warn' && warned.push(message));
    await stage.reopen({
      processes: { ...systemProcesses, ...slow },
      logger: { ...silentLogger, log },
    });
    expect([kills, warned]).toEqual([3, ['killing orphaned worker']]);
  });
});
