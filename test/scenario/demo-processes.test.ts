import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Processes } from '../../demo/processes.ts';
import { keep, runningIn } from '../../demo/setup.ts';

/** Says that it is ready, then counts on stderr. */
const COUNTS =
  'console.log(JSON.stringify({ ready: true })); let n = 0; setInterval(() => { n += 1; console.error(`line ${n}`); }, 10);';

describe('processes that the demo leaves running', () => {
  let directory: string;
  let processes: Processes;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'demo-processes-'));
    processes = new Processes();
  });
  afterAll(async () => {
    await processes.stopAll();
    rmSync(directory, { recursive: true });
  });

  it('keep writing their log after the demo has exited', async () => {
    const logFile = join(directory, 'counter.log');
    await processes.startAndRead('counter', ['-e', COUNTS], logFile);
    processes.release();
    const lines = (): number => readFileSync(logFile, 'utf8').split('\n').length;
    const before = lines();
    while (lines() < before + 20) await delay(20);
    expect(readFileSync(logFile, 'utf8')).toMatch(/^line 1\nline 2\n/);
  });

  it.runIf(process.platform === 'linux')(
    'are identified by process ids while they run, and never confused with others',
    async () => {
      processes.start(
        'sleeper',
        ['-e', 'setInterval(() => undefined, 1000)', directory],
        join(directory, 'sleeper.log'),
      );
      const pid = processes.pids().at(-1)!.pid!;
      keep(directory, [pid, process.pid]);
      while (runningIn(directory).length === 0) await delay(20);
      expect(runningIn(directory)).toEqual([pid]);
      await processes.stopAll();
      expect(runningIn(directory)).toEqual([]);
      expect(runningIn(join(directory, 'none'))).toEqual([]);
    },
  );
});
