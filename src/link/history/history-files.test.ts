import { beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { ref } from '../../../test/support/link/link-stage.ts';
import { SimulatedClock } from '../../../test/support/simulated-clock.ts';
import { SimulatedDisk } from '../../../test/support/simulated-disk.ts';
import type { AttemptRef } from '../../../foundation/src/domain/ids.ts';
import { attemptKey } from '../../../foundation/src/domain/ids.ts';
import { createDurably } from '../../../foundation/src/runtime/atomic-write.ts';
import type { AttemptEntry } from './attempt-entry.ts';
import type { AttemptEnd } from './history.ts';
import { HistoryFiles } from './history-files.ts';
import { LogTails } from './log-tails.ts';
import { readEntries } from './read-history.ts';

const DAY = 24 * 3_600_000;
let disk: SimulatedDisk;
let clock: SimulatedClock;
let warnings: number;
let logger: Logger;
let tails: LogTails;
let history: HistoryFiles;

function open(isShared = false): void {
  tails = new LogTails(clock);
  const redact = (line: string): string => line.replaceAll('hunter2222', '[secret]');
  history = new HistoryFiles({
    directory: '/state/runs',
    isShared,
    disk,
    clock,
    logger,
    tails,
    redact,
  });
}

beforeEach(async () => {
  disk = new SimulatedDisk(() => 0.5);
  clock = new SimulatedClock();
  warnings = 0;
  logger = {
    log: (level) => void (warnings += level === 'warn' ? 1 : 0),
    child: () => logger,
  };
  await disk.makeDirectory('/');
  await disk.makeDirectory('/state');
  await disk.syncDirectory('/');
  open();
});

const end = (changes: Partial<AttemptEnd> = {}): AttemptEnd => ({
  status: 'success',
  endedAt: clock.now(),
  records: 3,
  counts: { entities: 2 },
  ...changes,
});

function begin(attempt: AttemptRef): void {
  history.begin({ ref: attempt, kind: 'metadata', service: 'crm', startedAt: clock.now() });
}

async function stored(): Promise<AttemptEntry[]> {
  return (await readEntries(disk, '/state/runs')).map(({ entry }) => entry);
}

describe('the history of attempts', () => {
  it('has outcome and log of each attempt, newest first', async () => {
    begin(ref('run-1'));
    tails
      .listen(logger)
      .child({ attempt: attemptKey(ref('run-1')) })
      .log('info', 'hello', { n: 1 });
    await history.end(ref('run-1'), end());
    await clock.advance(1_000);
    begin(ref('run-2'));
    await clock.advance(1_000);
    await history.end(ref('run-3'), end({ status: 'interrupted' }));
    const [third, second, first] = await stored();
    expect(first).toMatchObject({ kind: 'metadata', service: 'crm', end: { status: 'success' } });
    expect(first!.log).toEqual([
      { time: expect.any(Number) as number, level: 'info', message: 'hello', data: { n: 1 } },
    ]);
    expect([third!.end?.status, second!.end]).toEqual(['interrupted', undefined]);
  });

  it('learns the end of an attempt that an earlier process began', async () => {
    begin(ref('run-1'));
    await history.end(ref('other'), end());
    open();
    await history.end(ref('run-1'), end({ status: 'interrupted' }));
    expect(await stored()).toContainEqual(
      expect.objectContaining({ service: 'crm', end: end({ status: 'interrupted' }) }),
    );
  });

  it('keeps 200 attempts of the last 30 days', async () => {
    await history.end(ref('old'), end());
    await clock.advance(31 * DAY);
    for (let run = 0; run < 205; run += 1) await history.end(ref(`run-${run}`), end());
    const names = (await stored()).map(({ ref: { runId } }) => runId);
    expect(names).toHaveLength(200);
    expect(names).not.toContain('old');
    expect(names).not.toContain('run-4');
    expect(names).toContain('run-204');
  });

  it('stays within 8 MiB, also across restarts', async () => {
    const message = 'x'.repeat(40_000);
    for (let run = 0; run < 240; run += 1) {
      if (run === 120) open();
      begin(ref(`run-${run}`));
      tails.listen(logger).log('info', message, { attempt: attemptKey(ref(`run-${run}`)) });
      await history.end(ref(`run-${run}`), end());
    }
    const sizes = (await readEntries(disk, '/state/runs')).map(({ size }) => size);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(total).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(total).toBeGreaterThan(7 * 1024 * 1024);
  });

  it('contains nothing that the log hides', async () => {
    begin(ref('run-1'));
    tails.listen(logger).log('info', 'via hunter2222', { attempt: attemptKey(ref('run-1')) });
    await history.end(ref('run-1'), end());
    expect(JSON.stringify(await stored())).toContain('via [secret]');
  });

  it('is whole after a crash at any moment, and loses nothing that was stored', async () => {
    await history.end(ref('run-1'), end());
    for (let run = 2; run < 40; run += 1) {
      const writing = history.end(ref(`run-${run}`), end());
      for (let step = 0; step < run % 12; step += 1) await Promise.resolve();
      disk.crash();
      await writing;
      open();
      expect((await stored()).map(({ ref: { runId } }) => runId)).toContain('run-1');
    }
    await history.end(ref('last'), end());
    for (const name of await disk.list('/state/runs')) expect(name).toMatch(/\.json$/);
  });

  it('skips what cannot be written, with a warning', async () => {
    disk.failNext('write', 'ENOSPC');
    await history.end(ref('run-1'), end());
    expect(await stored()).toEqual([]);
    expect(warnings).toBe(1);
    await history.end(ref('run-2'), end());
    expect(await stored()).toHaveLength(1);
  });

  it('removes files that are no entries', async () => {
    await disk.makeDirectory('/state/runs');
    await createDurably(disk, '/state/runs/run-9.1.1.json', '{"ref":');
    await history.end(ref('run-1'), end());
    expect(await disk.list('/state/runs')).toEqual(['run-1.1.1.json']);
  });
});

describe('a history that several processes write', () => {
  it('keeps what another one has not finished yet', async () => {
    open(true);
    await disk.makeDirectory('/state/runs');
    await createDurably(disk, '/state/runs/run-9.1.1.json.new', '{"ref":');
    await createDurably(disk, '/state/runs/run-8.1.1.json', 'damaged');
    await history.end(ref('run-1'), end());
    expect((await disk.list('/state/runs')).toSorted()).toEqual([
      'run-1.1.1.json',
      'run-9.1.1.json.new',
    ]);
  });
});

describe('the end of a log', () => {
  it('is kept up to 48 KiB, with the number of lines before', async () => {
    begin(ref('run-1'));
    const listened = tails.listen(logger, { attempt: attemptKey(ref('run-1')) });
    for (let line = 0; line < 1_000; line += 1) listened.log('info', `${line} ${'x'.repeat(200)}`);
    await history.end(ref('run-1'), end());
    const [entry] = await stored();
    expect(JSON.stringify(entry!.log).length).toBeLessThan(50_000);
    expect(entry!.omittedLines + entry!.log.length).toBe(1_000);
    expect(entry!.log.at(-1)!.message).toMatch(/^999 /);
  });
});
