import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Place } from './command-line.ts';

const place = new Place();
const STARTED = Date.UTC(2026, 0, 2, 3, 4, 5);

function remember(run: string, attempt: number, rest: object): void {
  const entry = {
    ref: { runId: run, attempt, epoch: attempt },
    kind: 'metadata',
    service: 'crm',
    startedAt: STARTED + attempt,
    log: [],
    omittedLines: 0,
    ...rest,
  };
  const file = join(place.stateDir, 'runs', `${run}.${attempt}.${attempt}.json`);
  writeFileSync(file, JSON.stringify(entry));
}

beforeAll(() => {
  place.folder('state');
  place.folder('state/runs');
  const end = { status: 'success', endedAt: STARTED + 90_000, records: 12, counts: {} };
  const error = { code: 'LEASE_LOST', message: 'lost', remedy: 'None.', retryable: true };
  remember('aaa111', 1, { end: { ...end, status: 'dropped', error } });
  const line = { time: STARTED, level: 'warn', message: 'a\u001b[2J', data: { n: 1 } };
  remember('aaa111', 2, { end, log: [line], omittedLines: 7 });
  remember('aaa222', 3, {});
  writeFileSync(join(place.stateDir, 'runs', 'aaa333.1.1.json'), 'not an entry');
});
afterAll(() => place.close());

describe('runs', () => {
  it('lists the recent attempts, newest first', async () => {
    const { code, stdout } = await place.call(['runs']);
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['RUN', 'ATTEMPT', 'KIND', 'SERVICE', 'STARTED', 'DURATION', 'OUTCOME', 'ERROR', 'RECORDS'],
      ['aaa222', '3', 'metadata', 'crm', '2026-01-02T03:04:05.003Z', '–', 'running', '–', '–'],
      [
        'aaa111',
        '2',
        'metadata',
        'crm',
        '2026-01-02T03:04:05.002Z',
        '90.0 s',
        'success',
        '–',
        '12',
      ],
      'aaa111|1|metadata|crm|2026-01-02T03:04:05.001Z|90.0 s|dropped|LEASE_LOST|12'.split('|'),
      [''],
    ]);
    const { runs } = JSON.parse((await place.call(['runs', '--json'])).stdout) as {
      runs: object[];
    };
    expect(runs).toHaveLength(3);
    expect(runs[2]).toMatchObject({ run: 'aaa111', outcome: 'dropped', durationMs: 89_999 });
  });

  it('shows an attempt with the end of its log', async () => {
    const { stdout } = await place.call(['runs', 'show', 'aaa11']);
    expect(stdout).toContain('run       aaa111, attempt 2\n');
    expect(stdout).toContain('(7 lines before these)\n');
    expect(stdout).toContain(String.raw`2026-01-02T03:04:05.000Z warn  a\u001b[2J n=1`);
    expect((await place.call(['runs', 'show', 'aaa111/1'])).stdout).toContain('LEASE_LOST: lost');
  });

  it.each(['aaa', 'bbb', '', 'aaa111/9'])('rejects the id “%s”', async (id) => {
    const { code, stderr } = await place.call(['runs', 'show', id]);
    expect([code, stderr]).toEqual([3, expect.stringContaining('error INPUT_INVALID: ')]);
  });
});
