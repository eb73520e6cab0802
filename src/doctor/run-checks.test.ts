import { describe, expect, it } from 'vitest';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { aborted } from '../../foundation/src/runtime/abort.ts';
import { CHECK_NAMES, type Check, type CheckName } from './check.ts';
import { CHECKS } from './doctor.ts';
import type { Facts } from './facts.ts';
import { fail, pass, type Finding } from './finding.ts';
import { runChecks, type CheckResult } from './run-checks.ts';

const facts = {} as unknown as Facts;
const signal = new AbortController().signal;

function check(
  name: CheckName,
  needs: readonly CheckName[],
  run: Check['run'] = async () => [pass(name, 'works')],
): Check {
  return { name, title: `title of ${name}`, needs, run };
}

const failing = async (): Promise<readonly Finding[]> => [fail('x', 'is broken', 'Fix it.')];

function run(
  checks: readonly Check[],
  { limitMs = 60_000, parent = signal } = {},
): Promise<readonly CheckResult[]> {
  const options = { clock: systemClock, limitMs, onResult: () => undefined };
  return runChecks(checks, facts, options, parent);
}

describe('checks', () => {
  it('are reported in their order, whichever ends first', async () => {
    const first = Promise.withResolvers<readonly Finding[]>();
    const results = run([
      check('data', [], () => first.promise),
      check('dns', [], async () => {
        first.resolve([pass('data', 'works')]);
        return [pass('dns', 'works')];
      }),
    ]);
    expect((await results).map(({ name }) => name)).toEqual(['data', 'dns']);
  });

  it('are skipped after one that they need, with the name of the first that failed', async () => {
    const results = await run([
      check('policy', [], failing),
      check('rules', ['policy']),
      check('connection', ['rules']),
      check('tls', []),
    ]);
    expect(results.map(({ status, blockedBy }) => [status, blockedBy])).toEqual([
      ['fail', undefined],
      ['skip', 'policy'],
      ['skip', 'policy'],
      ['pass', undefined],
    ]);
    expect(results[2]!.findings[0]!.detail).toBe('not checked, because the check "policy" failed');
  });

  it('are all reported although a listener throws', async () => {
    const onResult = (): never => {
      throw new Error('EPIPE');
    };
    const checks = [check('data', []), check('tls', ['data'])];
    const options = { clock: systemClock, limitMs: 60_000, onResult };
    expect(await runChecks(checks, facts, options, signal)).toHaveLength(2);
  });

  it('cannot need one that is not before them', () => {
    expect(() => void run([check('rules', ['policy']), check('policy', [])])).toThrow(
      'check rules needs policy, which is not before it',
    );
  });

  it('fail as a whole when they throw', async () => {
    const broken = check('tls', [], () => Promise.reject(new RunnerError('INTERNAL', 'a defect')));
    expect(await run([broken])).toMatchObject([
      { status: 'fail', findings: [{ subject: 'title of tls', code: 'INTERNAL' }] },
    ]);
  });

  it('fail when their time is over, and are told to stop', async () => {
    let stopped = false;
    const slow = check('tls', [], async (_facts, bounded) => {
      await aborted(bounded);
      stopped = true;
      return [];
    });
    expect(await run([slow], { limitMs: 20 })).toMatchObject([
      { status: 'fail', findings: [{ code: 'DEADLINE_EXCEEDED' }] },
    ]);
    expect(stopped).toBe(true);
  });

  it('end with the reason of the signal', async () => {
    const stop = new AbortController();
    const waiting = run([check('tls', [], (_facts, bounded) => aborted(bounded).then(() => []))], {
      parent: stop.signal,
    });
    stop.abort(new RunnerError('ABORTED', 'stopped by SIGINT'));
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('the checks of the doctor', () => {
  it('are all of them, in the order of their names', () => {
    expect(CHECKS.map(({ name }) => name)).toEqual([...CHECK_NAMES]);
  });

  it('need only checks before them', () => {
    for (const [index, { needs }] of CHECKS.entries())
      for (const name of needs)
        expect(CHECKS.slice(0, index).map((earlier) => earlier.name)).toContain(name);
  });
});
