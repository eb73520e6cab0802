import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runnerProgram, Stage } from '../../support/stage.ts';

interface Shown {
  readonly keySince: number;
  readonly enrolledAt: number;
  readonly connected: boolean;
}

const DAY = 86_400_000;

/** The key of a real runner, enrolled so long ago that it is due. */
describe('the key of an identity', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open({ objects: 3, latencyMs: 0 });
  }, 300_000);
  afterAll(() => stage.close());

  const settings = (): string => join(stage.stateDir, 'settings.json');
  const publicKey = (): string => JSON.parse(readFileSync(settings(), 'utf8')).publicKey;

  it('is replaced while the runner works, and the one of a copy is worth nothing', async () => {
    const text = readFileSync(settings(), 'utf8');
    const enrolledAt = new Date(Date.now() - 100 * DAY).toISOString();
    writeFileSync(settings(), JSON.stringify({ ...JSON.parse(text), enrolledAt }));
    const old = publicKey();
    copyFileSync(settings(), join(stage.place.directory, 'old-settings.json'));
    const key = join(stage.stateDir, 'identity/key.pem');
    copyFileSync(key, join(stage.place.directory, 'old-key.pem'));
    await stage.startRunner();
    await stage.waitFor('the new key', async () => {
      const { runners } = await stage.client.call<{ runners: Shown[] }>('GET', '/api/v1/runners');
      return runners[0]!.keySince > runners[0]!.enrolledAt && runners[0]!.connected;
    });
    expect(publicKey()).not.toBe(old);
    expect((await stage.ended(await stage.startRun())).state).toBe('success');
    const audit = readFileSync(join(stage.stateDir, 'audit/audit-000000000001.jsonl'), 'utf8');
    expect(audit.match(/"change":"(?:propose|use)","event":"identityKey"/g)).toHaveLength(2);
    await stage.stopRunner();
    copyFileSync(join(stage.place.directory, 'old-settings.json'), settings());
    copyFileSync(join(stage.place.directory, 'old-key.pem'), key);
    const run = [runnerProgram, 'run', '--config', stage.place.configFile];
    const { stdout, stderr } = spawnSync(process.execPath, run, {
      encoding: 'utf8',
      timeout: 120_000,
    });
    expect(publicKey()).toBe(old);
    expect(stdout + stderr).toContain('SIGNATURE_INVALID');
  }, 300_000);
});
