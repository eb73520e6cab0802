import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { type Processes, systemProcesses } from '../../foundation/src/runtime/processes.ts';
import type { RunLimit } from './decision.ts';
import { createRunQuota, noRunQuota, type Reservation, type RunQuota } from './run-quota.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let directory: string;
let now: number;
/** Whether processes of earlier runs are there. */
let alive: boolean;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quota-'));
  now = Date.parse('2027-01-15T12:00:00Z');
  alive = true;
});
afterEach(() => rm(directory, { recursive: true }));

/** As another process opens it. */
function open(): RunQuota {
  const processes: Processes = {
    ...systemProcesses,
    isAlive: async (identity) => alive && systemProcesses.isAlive(identity),
  };
  const clock = { ...systemClock, now: () => now };
  return createRunQuota({ directory, disk: nodeDisk, clock, processes });
}

const limit = (limits: Partial<RunLimit>): RunLimit => ({
  rule: 'salesforce /sf/*',
  place: 'secrets[0]',
  runsPerHour: undefined,
  callsPerDay: undefined,
  ...limits,
});

async function begin(limits: readonly RunLimit[], wanted = 1_000): Promise<Reservation> {
  const begun = await open().begin(limits, wanted);
  if ('reached' in begun) throw new Error(begun.reached);
  return begun;
}

describe('runs an hour', () => {
  const limits = [limit({ runsPerHour: 2 })];

  it('are counted over all processes, until their hour is over', async () => {
    await begin(limits);
    now += 30 * MINUTE;
    expect((await begin(limits)).calls).toBeUndefined();
    await expect(begin(limits)).rejects.toThrow('secrets[0].maxRunsPerHour');
    now += 30 * MINUTE;
    await begin(limits);
    await expect(begin(limits)).rejects.toThrow('secrets[0].maxRunsPerHour');
  });

  it('are not exceeded by runs that begin at the same time', async () => {
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => begin(limits)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  });

  it('are those of the rule, wherever it is in the file', async () => {
    await begin(limits);
    await begin([limit({ runsPerHour: 2, place: 'secrets[3]' })]);
    await expect(begin(limits)).rejects.toThrow('maxRunsPerHour');
    await begin([limit({ runsPerHour: 2, rule: 'salesforce /other' })]);
  });

  it('have all rules of a job, and count only if all permit it', async () => {
    const narrow = limit({ runsPerHour: 1, rule: 'salesforce /other', place: 'secrets[1]' });
    await begin([...limits, narrow]);
    await expect(begin([...limits, narrow])).rejects.toThrow('secrets[1].maxRunsPerHour');
    await begin(limits);
  });
});

it('reserves no calls where none are limited, so that a limit of another rule has all of them', async () => {
  const begun = await begin([limit({ runsPerHour: 9 })]);
  expect((await begin([limit({ callsPerDay: 1_000 })])).calls).toBe(1_000);
  await writeFile(join(directory, 'runs.json'), 'damaged');
  await begun.report(500, false);
  await begun.report(500, true);
});

describe('calls a day', () => {
  const limits = [limit({ callsPerDay: 1_000 })];

  it('are reserved by a run, and given back when it is over', async () => {
    const first = await begin(limits, 600);
    expect(first.calls).toBe(600);
    expect((await begin(limits, 600)).calls).toBe(400);
    await expect(begin(limits)).rejects.toThrow('secrets[0].maxCallsPerDay');
    await first.report(100, true);
    expect((await begin(limits)).calls).toBe(500);
  });

  it('of a run that has died are what it had reported, and a margin', async () => {
    const first = await begin(limits);
    await first.report(300, false);
    await expect(begin(limits)).rejects.toThrow('maxCallsPerDay');
    alive = false;
    expect((await begin(limits)).calls).toBe(600);
  });

  it('count for a day after they were made, and stay reserved while the run is active', async () => {
    const long = await begin(limits, 600);
    now += 20 * HOUR;
    await long.report(500, false);
    now += 10 * HOUR;
    expect((await begin(limits)).calls).toBe(400);
    now += 20 * HOUR;
    await expect(begin(limits)).rejects.toThrow('maxCallsPerDay');
  });

  it('are those of the last 24 hours', async () => {
    await (await begin(limits)).report(1_000, true);
    now += 24 * HOUR - 1;
    await expect(begin(limits)).rejects.toThrow('maxCallsPerDay');
    now += 1;
    expect((await begin(limits)).calls).toBe(1_000);
  });
});

it('permits nothing that it cannot count', async () => {
  await writeFile(join(directory, 'runs.json'), 'damaged');
  await expect(open().begin([limit({ runsPerHour: 9 })], 1)).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
  });
  await expect(noRunQuota.begin([limit({ runsPerHour: 9 })], 1)).rejects.toMatchObject({
    code: 'INTERNAL',
  });
});

it('neither counts nor writes without limits', async () => {
  await writeFile(join(directory, 'runs.json'), 'damaged');
  expect(await open().begin([], 1)).toMatchObject({ calls: undefined });
  expect(await noRunQuota.begin([], 1)).toMatchObject({ calls: undefined });
});
