import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runnerProgram, Stage } from '../../support/stage.ts';

interface Shown {
  readonly id: string;
  readonly condition: string;
  readonly auditHead: { readonly number: number } | null;
}

/** The audit trail of a real runner, and a control plane that has kept its heads. */
describe('an audit trail that somebody has cut', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open({ objects: 3, latencyMs: 0 });
  }, 300_000);
  afterAll(() => stage.close());

  async function shown(holds: (runner: Shown) => boolean): Promise<Shown> {
    let found: Shown | undefined;
    await stage.waitFor('the runner to be shown so', async () => {
      const answer = await stage.client.call<{ runners: Shown[] }>('GET', '/api/v1/runners');
      found = answer.runners[0];
      return found !== undefined && holds(found);
    });
    return found!;
  }

  it('is an alarm there, and found with the heads from there', async () => {
    await stage.startRunner();
    expect((await stage.ended(await stage.startRun())).state).toBe('success');
    await stage.stopRunner();
    const audit = join(stage.stateDir, 'audit');
    const file = join(
      audit,
      readdirSync(audit).find((name) => name.endsWith('.jsonl'))!,
    );
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const { id, auditHead } = await shown((runner) => runner.auditHead?.number === lines.length);
    writeFileSync(file, `${lines.slice(0, 3).join('\n')}\n`);
    await stage.startRunner();
    expect(await shown((runner) => runner.condition !== '')).toMatchObject({
      condition: 'AUDIT_TRAIL_CHANGED',
    });
    const heads = join(stage.place.directory, 'heads.json');
    const kept = await stage.client.call('GET', `/api/v1/runners/${id}/audit-heads`);
    writeFileSync(heads, JSON.stringify(kept));
    const verify = ['audit', 'verify', '--config', stage.place.configFile];
    const call = (...more: string[]): { status: number | null; stdout: string } =>
      spawnSync(process.execPath, [runnerProgram, ...verify, ...more], { encoding: 'utf8' });
    expect(call()).toMatchObject({ status: 0 });
    expect(call('--heads', heads)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining(`to ${auditHead!.number} were cut from the end`),
    });
    writeFileSync(
      heads,
      JSON.stringify(kept).replaceAll(/"signature":"...../g, '"signature":"AAAAA'),
    );
    expect(call('--heads', heads)).toMatchObject({ status: 3 });
  }, 300_000);
});
