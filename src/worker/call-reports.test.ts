import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { systemProcesses } from '../../foundation/src/runtime/processes.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { createRunQuota } from '../policy/run-quota.ts';
import { CallReports } from './call-reports.ts';

const signal = new AbortController().signal;
const soon = { sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) };
const pass = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('reports every fifty calls, and what was charged at the end', async () => {
  const reported: [number, boolean][] = [];
  const report = async (made: number, isOver: boolean): Promise<void> => {
    reported.push([made, isOver]);
  };
  const reports = new CallReports({ report, clock: soon, onFailing: unexpected });
  for (let call = 0; call < 120; call++) {
    await reports.admit(signal);
    await pass();
  }
  reports.charged(119);
  await reports.end();
  expect(reported).toEqual([
    [50, false],
    [100, false],
    [119, true],
  ]);
});

it('reports the calls of a connector that does not ask', async () => {
  const reported: number[] = [];
  const report = async (made: number): Promise<void> => void reported.push(made);
  const reports = new CallReports({ report, clock: soon, onFailing: unexpected });
  reports.charged(70);
  await pass();
  expect(reported).toEqual([70]);
});

it('holds calls back while reports fail, and says so once', async () => {
  let isFull = true;
  const failures: RunnerError[] = [];
  const report = async (): Promise<void> => {
    if (isFull) throw new RunnerError('DISK_FULL', 'full');
  };
  const onFailing = (error: RunnerError): void => void failures.push(error);
  const reports = new CallReports({ report, clock: soon, onFailing });
  for (let call = 0; call < 100; call++) await reports.admit(signal);
  let admitted = false;
  const next = reports.admit(signal).then(() => (admitted = true));
  for (let round = 0; round < 20; round++) await pass();
  expect(admitted).toBe(false);
  isFull = false;
  await next;
  expect(failures.map(({ code }) => code)).toEqual(['DISK_FULL']);
});

it('stops waiting when the run is stopped', async () => {
  const stop = new AbortController();
  const report = (): Promise<void> => Promise.reject(new RunnerError('DISK_FULL', 'full'));
  const onFailing = (): void => stop.abort(new RunnerError('CANCELLED', 'stopped'));
  const reports = new CallReports({ report, clock: systemClock, onFailing });
  for (let call = 0; call < 100; call++) await reports.admit(stop.signal);
  await expect(reports.admit(stop.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
});

it('lets no run that dies on a full disk have made more calls than stay counted', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'calls-'));
  let isFull = false;
  const disk: Disk = {
    ...nodeDisk,
    open: (...args) =>
      isFull ? Promise.reject(new RunnerError('DISK_FULL', 'full')) : nodeDisk.open(...args),
  };
  const quota = (isAlive: boolean): ReturnType<typeof createRunQuota> =>
    createRunQuota({
      directory,
      disk,
      clock: systemClock,
      processes: { ...systemProcesses, isAlive: async () => isAlive },
    });
  const limits = [{ rule: 'r', place: 'secrets[0]', runsPerHour: undefined, callsPerDay: 10_000 }];
  const begun = await quota(true).begin(limits, 10_000);
  if ('reached' in begun) throw new Error(begun.reached);
  const reports = new CallReports({
    report: (made, isOver) => begun.report(made, isOver),
    clock: systemClock,
    onFailing: () => undefined,
  });
  isFull = true;
  const stop = new AbortController();
  const { made } = await callAsOftenAs(reports, stop);
  await reports.end();
  isFull = false;
  expect(await quota(false).begin(limits, 10_000)).toMatchObject({ calls: 10_000 - 100 });
  expect(made).toBeLessThanOrEqual(100);
  await rm(directory, { recursive: true });
});

/** How many calls are admitted before one has waited for a while. */
async function callAsOftenAs(
  reports: CallReports,
  stop: AbortController,
): Promise<{ made: number }> {
  const found = { made: 0 };
  const calling = (async () => {
    for (; found.made < 1_000; found.made++) await reports.admit(stop.signal);
  })().catch(() => undefined);
  setTimeout(() => stop.abort(), 200);
  await calling;
  return found;
}

function unexpected(error: RunnerError): void {
  throw error;
}
