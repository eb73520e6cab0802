import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { SimulatedClock } from '../../test/support/simulated-clock.ts';
import { watchStatus } from './status-watch.ts';
import { Terminal } from './terminal.ts';

const GONE = new RunnerError('RUNNER_NOT_RUNNING', 'no runner is listening');

/** What is written when the runner gives these answers, one a second. */
async function watched(
  answers: readonly (number | RunnerError)[],
  { json = false, isTTY = false } = {},
): Promise<string> {
  const stdout = Object.assign(new PassThrough(), { isTTY });
  const terminal = new Terminal({
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    json,
    debug: false,
  });
  const clock = new SimulatedClock();
  const stop = new AbortController();
  const left = [...answers];
  const watching = watchStatus<{ n: number }>(
    {
      read: async () => {
        const answer = left.shift();
        if (answer === undefined) stop.abort(new RunnerError('ABORTED', 'stopped by SIGINT'));
        if (answer instanceof RunnerError) throw answer;
        return { n: answer ?? 0 };
      },
      describe: ({ n }) => `n\n${n}`,
      summarize: ({ n }) => `n=${n}`,
    },
    terminal,
    clock,
    stop.signal,
  );
  for (let second = 0; second < answers.length; second += 1) await clock.advance(1_000);
  await watching;
  return (stdout.read() as Buffer).toString();
}

describe('a watched status', () => {
  it('is a line for each change, also while the runner restarts', async () => {
    const lines = (await watched([1, 1, GONE, GONE, 2])).trim().split('\n');
    expect(lines.map((line) => line.replace(/^\S+Z /, ''))).toEqual([
      'n=1',
      'RUNNER_NOT_RUNNING: no runner is listening',
      'n=2',
    ]);
  });

  it('is a document for each change with --json', async () => {
    const lines = (await watched([1, 1, GONE, 2], { json: true, isTTY: true })).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { n: 1 },
      { error: GONE.toFailure() },
      { n: 2 },
    ]);
  });

  it('is drawn again on a terminal', async () => {
    const shown = await watched([1, 2], { isTTY: true });
    expect(shown.split('\u001b[H\u001b[2J').map((text) => text.split('\n').slice(1))).toEqual([
      [],
      ['n', '1', ''],
      ['n', '2', ''],
    ]);
  });
});
