import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemProcesses } from './processes.ts';
import { lockState } from './file-lock.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => rm(directory, { recursive: true }));

const lock = (): ReturnType<typeof lockState> => lockState(directory, systemProcesses);

async function deadProcess(): Promise<string> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const identity = await systemProcesses.identify(child.pid!);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return JSON.stringify(identity);
}

describe('the lock of a state directory', () => {
  it('is held until it is released', async () => {
    const held = await lock();
    await expect(lock()).rejects.toMatchObject({
      code: 'STATE_LOCKED',
      message: `process ${process.pid} uses this state directory`,
    });
    await held.release();
    await (await lock()).release();
  });

  it('is had by exactly one of many who want it at once, over and over', async () => {
    await writeFile(join(directory, 'lock.7'), await deadProcess());
    for (let round = 0; round < 10; round++) {
      const wanted = await Promise.allSettled(Array.from({ length: 8 }, lock));
      const held = wanted.filter((result) => result.status === 'fulfilled');
      expect(held).toHaveLength(1);
      await held[0]!.value.release();
    }
    expect(await readdir(directory)).toEqual(['lock.17']);
  });

  it.each([['nonsense'], [''], ['{"pid":-1}']])(
    'is free when its content names nobody: %o',
    async (content) => {
      await writeFile(join(directory, 'lock.1'), content);
      await (await lock()).release();
    },
  );

  it('is free when the number of its holder belongs to a later process', async () => {
    await writeFile(
      join(directory, 'lock.1'),
      JSON.stringify({ pid: process.ppid, started: 'before the flood' }),
    );
    await (await lock()).release();
  });
});

describe('a process', () => {
  it('is known by more than its number, and only that very one is killed', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const exit = once(child, 'exit');
    const identity = await systemProcesses.identify(child.pid!);
    expect(await systemProcesses.isAlive(identity)).toBe(true);
    await systemProcesses.kill({ pid: child.pid!, started: 'another time' });
    await systemProcesses.kill({ pid: child.pid! });
    expect(await systemProcesses.isAlive(identity)).toBe(true);
    if (identity.started === undefined) child.kill('SIGKILL');
    else await systemProcesses.kill(identity);
    await exit;
    expect(await systemProcesses.isAlive(identity)).toBe(false);
  });
});
