import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DoctorScene, findings, firstFailure } from '../../test/support/doctor-scene.ts';

let scene: DoctorScene;
beforeEach(async () => {
  scene = await DoctorScene.open();
});
afterEach(() => scene.close());

describe('the doctor', () => {
  it('finds nothing wrong with a runner that lacks nothing', async () => {
    const report = await scene.diagnose();
    expect([...findings(report, 'fail'), ...findings(report, 'warn')]).toEqual([]);
    expect(report.status).toBe('pass');
    expect(findings(report, 'pass').join('\n')).toContain('acceptance: identity: accepted by');
  });

  it('names the missing identity first, and skips what depends on it', async () => {
    rmSync(join(scene.stateDir, 'settings.json'));
    const report = await scene.diagnose();
    expect(firstFailure(report)).toMatch(/^identity: enrollment: state directory .* no identity$/);
    expect(findings(report, 'fail')).toHaveLength(1);
  });
});
