import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { DoctorScene } from '../../test/support/doctor-scene.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { startHttpsServer } from '../../test/support/https-server.ts';

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

it('a rule shows the version of a secret in a manager, whose read is recorded or not made', async () => {
  const answers: Readonly<Record<string, object>> = {
    '/v1/auth/token/lookup-self': { data: { ttl: 100, creation_ttl: 100, renewable: true } },
    '/v1/kv/data/db': {
      data: {
        data: { password: 'not shown' },
        metadata: { version: 7, created_time: '2026-01-01T00:00:00Z' },
      },
    },
  };
  const requests: string[] = [];
  const vault = await startHttpsServer(['vault.example'], ({ url = '' }, response) => {
    requests.push(url);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answers[url]));
  });
  onTestFinished(vault.close);
  scene.lead('vault.example:443', vault.port);
  scene.configure({
    network: { caFile: scene.file('vault-ca.pem', vault.caPem) },
    secrets: {
      mounts: [
        {
          prefix: '/kv',
          provider: 'hashicorp-vault',
          url: 'https://vault.example',
          engine: 'kv',
          tokenFile: scene.file('token', 'a token'),
        },
      ],
    },
  });
  scene.policy({ ref: '/kv/db/password' });
  const recorded: string[] = [];
  const recordRead = async (reference: string): Promise<void> => void recorded.push(reference);
  const { checks } = await scene.diagnose({ options: { recordRead } });
  expect(recorded).toEqual(['secret:/kv/db/password']);
  expect(checks.find(({ name }) => name === 'rules')?.findings).toContainEqual(
    expect.objectContaining({
      status: 'pass',
      detail: expect.stringMatching(
        /^\/kv\/db\/password is stored in hashicorp-vault at \/kv: .*vault\.example.*, version .*7/,
      ) as string,
    }),
  );
  expect(JSON.stringify(checks)).not.toContain('not shown');
  requests.splice(0);
  const unwritable = new RunnerError('AUDIT_UNWRITABLE', 'the disk is full');
  const report = await scene.diagnose({
    options: { recordRead: () => Promise.reject(unwritable) },
  });
  expect(report.checks.find(({ name }) => name === 'rules')?.findings).toContainEqual(
    expect.objectContaining({ status: 'fail', code: 'AUDIT_UNWRITABLE' }),
  );
  expect(requests).not.toContain('/v1/kv/data/db');
});
