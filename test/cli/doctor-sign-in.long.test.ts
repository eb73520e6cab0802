import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../foundation/src/domain/json.ts';
import type { Report } from '../../src/doctor/report.ts';
import { Stage } from '../support/stage.ts';
import { writeWorkflow } from '../support/stage-workflow.ts';
import { Place, type Result } from './command-line.ts';

const TIMEOUT = 300_000;
let stage: Stage;
let place: Place;

beforeAll(async () => {
  place = new Place();
  stage = await Stage.open({ objects: 20, latencyMs: 0 });
  await stage.startRunner();
}, TIMEOUT);
afterAll(async () => {
  await stage.close();
  place.close();
}, TIMEOUT);

const workflow = (changes: Json = {}): string => writeWorkflow(stage, changes);

const call = (...args: string[]): Promise<Result> =>
  place.callBare([...args, '--config', stage.place.configFile]);

async function doctor(...args: string[]): Promise<{ code: number | null; report: Report }> {
  const { code, stdout } = await call('doctor', '--json', ...args);
  return { code, report: JSON.parse(stdout) as Report };
}

async function connectedSince(): Promise<number> {
  const { stdout } = await call('status', '--json');
  return (JSON.parse(stdout) as { state: { since: number } }).state.since;
}

describe('doctor of a running runner', { timeout: TIMEOUT }, () => {
  it('passes, signs in to the source if asked, and leaves the runner connected as it is', async () => {
    const since = await connectedSince();
    const { code, report } = await doctor('--workflow', workflow());
    expect(report.firstFailure).toBeNull();
    expect(code).toBe(0);
    const passed = (name: string): number =>
      report.checks
        .find((check) => check.name === name)!
        .findings.filter(({ status }) => status === 'pass').length;
    for (const name of ['acceptance', 'service', 'connection'])
      expect(passed(name)).toBeGreaterThan(0);
    expect(await connectedSince()).toBe(since);
  });

  it.each([
    [
      'a host that the policy does not permit',
      { salesforceDomain: 'evil.my' },
      /SECRET_UNAVAILABLE|HOST_DENIED/,
    ],
    [
      'credentials that the org rejects',
      { username: 'nobody@acme.example' },
      /SALESFORCE_LOGIN_FAILED/,
    ],
  ])('names %s in its first failure', async (_what, changes, expected) => {
    const { code, report } = await doctor('--workflow', workflow(changes));
    expect(report.firstFailure).toMatchObject({
      check: 'connection',
      code: expect.stringMatching(expected),
    });
    expect(code).toBe(6);
  });
});
