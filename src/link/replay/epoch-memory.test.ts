import { beforeEach, describe, expect, it } from 'vitest';
import { seededNumbers } from '../../../test/support/link/seeded-numbers.ts';
import { ref } from '../../../test/support/link/link-stage.ts';
import { SimulatedClock } from '../../../test/support/simulated-clock.ts';
import { SimulatedDisk } from '../../../test/support/simulated-disk.ts';
import type { AttemptRef } from '../../../foundation/src/domain/ids.ts';
import { replaceFile } from '../../../foundation/src/runtime/atomic-write.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { type EpochMemory, openEpochMemory } from './epoch-memory.ts';

const DAY_MS = 86_400_000;
let disk: SimulatedDisk;
let clock: SimulatedClock;

beforeEach(async () => {
  disk = new SimulatedDisk(() => 0.5);
  clock = new SimulatedClock();
  await disk.makeDirectory('/state');
});

const open = (owner = 'runner-1', maxRuns?: number): Promise<EpochMemory> =>
  openEpochMemory({
    disk,
    file: '/state/epochs',
    owner,
    clock,
    ...(maxRuns === undefined ? {} : { maxRuns }),
  });

async function begin(memory: EpochMemory, attempt: AttemptRef): Promise<void> {
  memory.assertNew(attempt);
  await memory.reserve(attempt);
  memory.begun(attempt);
}

function isReplay(memory: EpochMemory, attempt: AttemptRef): boolean {
  try {
    memory.assertNew(attempt);
    return false;
  } catch (thrown) {
    return RunnerError.from(thrown).code === 'OFFER_REPLAYED';
  }
}

describe('the memory of epochs', () => {
  it('recognizes the same and lower epochs of a run, also after a restart', async () => {
    await begin(await open(), ref('run-1', 2, 5));
    const memory = await open();
    expect([4, 5, 6].map((epoch) => isReplay(memory, ref('run-1', 1, epoch)))).toEqual([
      true,
      true,
      false,
    ]);
    expect(isReplay(memory, ref('run-2', 1, 1))).toBe(false);
  });

  it('recognizes 200 recorded offers after a restart, and a month later', async () => {
    const first = await open();
    const offers = Array.from({ length: 200 }, (_, index) => ref(`run-${index}`, 1, index + 1));
    for (const offer of offers) await begin(first, offer);
    const restarted = await open();
    expect(offers.filter((offer) => !isReplay(restarted, offer))).toEqual([]);
    await clock.advance(30 * DAY_MS);
    expect(offers.filter((offer) => !isReplay(restarted, offer))).toEqual([]);
  });

  it('takes an attempt that was reserved and not begun for a replay only after a restart', async () => {
    const memory = await open();
    await memory.reserve(ref('run-1'));
    expect(isReplay(memory, ref('run-1'))).toBe(false);
    expect(isReplay(await open(), ref('run-1'))).toBe(true);
  });

  it('survives a power cut at any moment, with what it had promised', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const numbers = seededNumbers(seed);
      disk = new SimulatedDisk(() => numbers(1_000) / 1_000);
      await disk.makeDirectory('/state');
      const promised: AttemptRef[] = [];
      for (let life = 0; life < 4; life++) {
        const memory = await open();
        expect(promised.filter((attempt) => !isReplay(memory, attempt))).toEqual([]);
        for (let each = 0; each < 3; each++) {
          const attempt = ref(`run-${seed}-${life}-${each}`);
          await begin(memory, attempt);
          promised.push(attempt);
        }
        void memory.reserve(ref(`run-${seed}-${life}-torn`)).catch(() => undefined);
        await Promise.resolve();
        disk.crash();
      }
    }
  });

  it('rejects an offer while the disk is full, and forgets nothing', async () => {
    const memory = await open();
    await begin(memory, ref('run-1'));
    disk.failNext('write', 'ENOSPC');
    await expect(memory.reserve(ref('run-2'))).rejects.toMatchObject({ code: 'DISK_FULL' });
    disk.heal();
    await begin(memory, ref('run-3'));
    const restarted = await open();
    expect(['run-1', 'run-2', 'run-3'].map((id) => isReplay(restarted, ref(id)))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('rejects an offer that could not be synced', async () => {
    const memory = await open();
    await begin(memory, ref('run-1'));
    disk.failNext('sync', 'EIO');
    await expect(memory.reserve(ref('run-2'))).rejects.toBeInstanceOf(RunnerError);
  });

  it('forgets runs of more than ninety days ago', async () => {
    await begin(await open(), ref('run-1'));
    await clock.advance(91 * DAY_MS);
    await begin(await open(), ref('run-2'));
    const memory = await open();
    expect([isReplay(memory, ref('run-1')), isReplay(memory, ref('run-2'))]).toEqual([false, true]);
  });

  it('is bounded: the least recent run goes first', async () => {
    const memory = await open('runner-1', 3);
    for (const id of ['a', 'b', 'c']) await begin(memory, ref(id));
    await begin(memory, ref('a', 2, 2));
    await begin(memory, ref('d'));
    const ids = ['a', 'b', 'c', 'd'];
    const expected = [true, false, true, true];
    expect(ids.map((id) => isReplay(memory, ref(id)))).toEqual(expected);
    const restarted = await open('runner-1', 3);
    expect(ids.map((id) => isReplay(restarted, ref(id)))).toEqual(expected);
  });

  it('does not grow with the attempts of the same runs', async () => {
    const memory = await open();
    for (let epoch = 1; epoch <= 3_000; epoch++) await begin(memory, ref('run-1', 1, epoch));
    const file = await disk.open('/state/epochs', 'read');
    expect(await file.size()).toBeLessThan(60_000);
    expect(isReplay(await open(), ref('run-1', 1, 3_000))).toBe(true);
  });

  it('belongs to one identity', async () => {
    await begin(await open('runner-1'), ref('run-1'));
    expect(isReplay(await open('runner-2'), ref('run-1'))).toBe(false);
  });

  it.each([
    ['no header', 'something else\n'],
    ['a line in the middle', '{"epochs":1,"owner":"runner-1"}\nbroken\n["run-1",1,1]\n'],
  ])('rejects to start if it is damaged: %s', async (_case, content) => {
    await replaceFile(disk, '/state/epochs', content);
    await expect(open()).rejects.toMatchObject({ code: 'EPOCHS_DAMAGED' });
  });
});
