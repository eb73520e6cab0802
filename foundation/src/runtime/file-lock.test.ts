import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NEVER } from './abort.ts';
import { systemClock } from './clock.ts';
import { acquireFileLock, type FileLock, withFileLock } from './file-lock.ts';
import { type Processes, systemProcesses } from './processes.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => rm(directory, { recursive: true }));

const options = (processes: Processes = systemProcesses) => ({
  path: join(directory, 'lock'),
  what: 'this state directory',
  processes,
});
const acquire = (processes?: Processes): Promise<FileLock> => acquireFileLock(options(processes));

async function deadProcess(): Promise<string> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const identity = await systemProcesses.identify(child.pid!);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return JSON.stringify(identity);
}

describe('acquireFileLock', () => {
  it('holds the lock until it is released', async () => {
    const held = await acquire();
    await expect(acquire()).rejects.toMatchObject({
      code: 'STATE_LOCKED',
      message: `process ${process.pid} uses this state directory`,
    });
    await held.release();
    await (await acquire()).release();
  });

  it('needs no room on the disk to be released', async () => {
    const held = await acquire();
    const [name] = await readdir(directory);
    const { ino } = await stat(join(directory, name!));
    await held.release();
    expect(await readdir(directory)).toEqual([name]);
    expect(await stat(join(directory, name!))).toMatchObject({ ino, size: 4 });
  });

  it('gives the lock to exactly one of many concurrent callers, repeatedly', async () => {
    await writeFile(join(directory, 'lock.7'), await deadProcess());
    for (let round = 0; round < 10; round++) {
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => acquire()));
      const held = tries.filter((result) => result.status === 'fulfilled');
      expect(held).toHaveLength(1);
      await held[0]!.value.release();
    }
    expect(await readdir(directory)).toEqual(['lock.17']);
  });

  it('removes what a process left that was killed while it took the lock', async () => {
    const name = (number: number): string => `lock.${number}.${randomUUID()}`;
    const [left, later] = [name(1), name(9)];
    await writeFile(join(directory, 'lock.1'), 'free');
    for (const each of [left, later]) await writeFile(join(directory, each), '');
    await (await acquire()).release();
    expect((await readdir(directory)).toSorted()).toEqual(['lock.2', later]);
  });

  it('releases a number after others took and released higher ones', async () => {
    await writeFile(join(directory, 'lock.1'), await deadProcess());
    let others: FileLock | undefined;
    const slow: Processes = {
      ...systemProcesses,
      isAlive: async (identity) => {
        const alive = await systemProcesses.isAlive(identity);
        if (others === undefined) {
          await (await acquire()).release();
          others = await acquire();
        }
        return alive;
      },
    };
    await expect(acquire(slow)).rejects.toMatchObject({ code: 'STATE_LOCKED' });
    await others?.release();
    expect(await readdir(directory)).toEqual(['lock.3']);
  });

  it.each([['nonsense'], [''], ['{"pid":-1}']])(
    'takes a lock whose content names no one: %o',
    async (content) => {
      await writeFile(join(directory, 'lock.1'), content);
      await (await acquire()).release();
    },
  );

  it('takes over a lock if its process id belongs to a later process', async () => {
    await writeFile(
      join(directory, 'lock.1'),
      JSON.stringify({ pid: process.ppid, started: 'before the flood' }),
    );
    await (await acquire()).release();
  });
});

describe('withFileLock', () => {
  const patient = (patienceMs: number) => ({
    ...options(),
    clock: systemClock,
    patienceMs,
    signal: NEVER,
  });

  it('waits for another holder and releases the lock after the work, also when it fails', async () => {
    const events: string[] = [];
    const other = await acquire();
    const work = withFileLock(patient(60_000), async () => {
      events.push('work');
      throw new Error('failed');
    });
    events.push('release');
    await other.release();
    await expect(work).rejects.toThrow('failed');
    expect(events).toEqual(['release', 'work']);
    await (await acquire()).release();
  });

  it('throws STATE_LOCKED when patience runs out', async () => {
    const other = await acquire();
    const work = withFileLock(patient(0), () => Promise.resolve());
    await expect(work).rejects.toMatchObject({ code: 'STATE_LOCKED' });
    await other.release();
  });
});
