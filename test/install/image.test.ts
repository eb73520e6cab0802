import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ControlPlaneClient } from '../../demo/control-plane-client.ts';
import { Program } from '../support/program.ts';
import { pristineRoot } from './debian-root.ts';
import { Image } from './image.ts';
import { obstacle } from './obstacle.ts';
import { PASSWORD_REFERENCE } from './outside.ts';
import { runWell, say } from './run.ts';

const repository = resolve(import.meta.dirname, '../..');
const POLICY =
  'version: 1\nsecrets: [{ref: /salesforce/prod/*, connector: salesforce, fields: [password], hosts: [acme.my.salesforce.com]}]\n';

describe.skipIf(obstacle() !== undefined)('the container image, read-only, as its own user', () => {
  let directory: string;
  let image: Image;
  let plane: Program;
  let ready: { url: string; console: string; caFile: string; adminTokenFile: string };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'image-'));
    await runWell(process.execPath, [join(repository, 'scripts/build.js'), '--quiet']);
    say('building the image');
    image = await Image.build(await pristineRoot(), directory);
    await image.prepareVolumes();
    const started = await Program.startReady([
      join(repository, 'control-plane/src/main.ts'),
      '--data',
      join(directory, 'control-plane'),
    ]);
    plane = started.program;
    ready = started.ready as unknown as typeof ready;
    image.configure('ca.pem', readFileSync(ready.caFile, 'utf8'));
  });
  afterAll(async () => {
    await plane?.end('SIGTERM');
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  it('enrolls', async () => {
    const client = new ControlPlaneClient(
      ready.console,
      readFileSync(ready.adminTokenFile, 'utf8').trim(),
      readFileSync(ready.caFile, 'utf8'),
    );
    const { token } = await client.call<{ token: string }>('POST', '/api/v1/enrollment-tokens', {});
    client.close();
    const result = await image.run(
      ['enroll', '--url', ready.url, '--ca-file', '/etc/hybrid-runner/ca.pem', '--token-file', '-'],
      token,
    );
    expect(result).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
  });

  it('stores a secret and lists it', async () => {
    expect(await image.run(['secrets', 'set', PASSWORD_REFERENCE], 'hunter2222')).toMatchObject({
      code: 0,
    });
    expect((await image.run(['secrets', 'list'])).stdout).toContain(PASSWORD_REFERENCE);
  });

  it('is not ready without a policy, and is with one', async () => {
    expect((await image.run(['service', 'check'])).stderr).toContain(
      'error POLICY_MISSING: no policy file at /etc/hybrid-runner/policy.yaml',
    );
    image.configure('policy.yaml', POLICY);
    expect(await image.run(['service', 'check'])).toMatchObject({ code: 0 });
  });

  it('is healthy while connected, and unhealthy when not running', async () => {
    expect((await image.healthCheck()).code).not.toBe(0);
    const runner = image.start();
    try {
      await vi.waitFor(
        async () =>
          expect(await image.healthCheck()).toMatchObject({
            code: 0,
            stdout: expect.stringContaining('connected'),
          }),
        { timeout: 60_000, interval: 500 },
      );
    } finally {
      runner.kill('SIGTERM');
      await once(runner, 'exit');
    }
  });
});
