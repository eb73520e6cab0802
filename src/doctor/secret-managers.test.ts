import { afterEach, beforeEach, expect, it } from 'vitest';
import { DoctorScene } from '../../test/support/doctor-scene.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

let scene: DoctorScene;
beforeEach(async () => void (scene = await DoctorScene.open()));
afterEach(() => scene.close());

it('a secret manager that can be used passes, and one that cannot has its reason', async () => {
  const program = join(scene.folder('programs'), 'print');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 });
  const mount = (prefix: string, path: string): object => ({
    prefix,
    provider: 'command',
    command: [path, '{name}'],
  });
  scene.configure({
    secrets: { mounts: [mount('/good', program), mount('/bad', `${program}-missing`)] },
  });
  const { checks } = await scene.diagnose();
  const findings = checks.find(({ name }) => name === 'secrets')?.findings;
  expect(findings).toContainEqual(
    expect.objectContaining({ status: 'pass', subject: 'command at /good' }),
  );
  expect(findings).toContainEqual(
    expect.objectContaining({ status: 'fail', subject: 'command at /bad' }),
  );
});
