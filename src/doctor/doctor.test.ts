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

  it.each([
    [
      'the vault',
      {},
      'Store it with `hybrid-runner secrets set secret:/k8s/run/token`, or correct the rule.',
    ],
    [
      'the vault, or a file',
      { files: { directory: '.' } },
      /^Store it with `hybrid-runner secrets set secret:\/k8s\/run\/token` or as a file in \//,
    ],
    [
      'the provider of its mount',
      { files: { directory: '.' }, mounts: ['/k8s=files'] },
      'Add it to the provider files, which has the references below /k8s, or correct the rule.',
    ],
  ])('says that a missing secret belongs in %s', async (_where, secrets, remedy) => {
    const directory = scene.folder('files');
    const files = 'files' in secrets ? { files: { directory } } : {};
    scene.configure({ secrets: { ...secrets, ...files } });
    scene.policy({}, { ref: '/k8s/run/token' });
    const { firstFailure: first } = await scene.diagnose();
    expect(first?.remedy).toMatch(remedy);
  });
});
