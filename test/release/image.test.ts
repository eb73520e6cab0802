import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { ControlPlaneClient } from '../../demo/control-plane-client.ts';
import { ALLOCATOR } from '../../foundation/src/runtime/allocator.ts';
import { IMAGE_ENVIRONMENT } from '../../src/config/places.ts';
import { releaseObstacle } from '../install/obstacle.ts';
import { PASSWORD_REFERENCE } from '../install/outside.ts';
import { ownVersion } from '../install/release.ts';
import { Program } from '../support/program.ts';
import { ContainerHost } from './container.ts';

const repository = resolve(import.meta.dirname, '../..');
const POLICY =
  'version: 1\nsecrets: [{ref: /salesforce/prod/*, connector: salesforce, fields: [password], hosts: [acme.my.salesforce.com]}]\n';
const VOLUMES = {
  'runner-state': '/var/lib/hybrid-runner',
  'runner-keys': '/var/lib/hybrid-runner-keys',
};

describe.skipIf(releaseObstacle() !== undefined)(
  'the runner’s image, read-only, without capabilities, as its own user',
  () => {
    let directory: string;
    let host: ContainerHost;
    let plane: Program;
    let ready: { url: string; console: string; caFile: string; adminTokenFile: string };

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'image-'));
      const archive = join(inject('release'), `hybrid-runner-${ownVersion()}.oci.tar`);
      host = await ContainerHost.load(archive, VOLUMES, '/etc/hybrid-runner');
      const started = await Program.startReady([
        join(repository, 'control-plane/src/main.ts'),
        '--data',
        join(directory, 'control-plane'),
      ]);
      plane = started.program;
      ready = started.ready as unknown as typeof ready;
      host.configure('ca.pem', readFileSync(ready.caFile, 'utf8'));
    });
    afterAll(async () => {
      await plane?.end('SIGTERM');
      await host?.close();
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    });

    it('takes less than 130 MB and sets the environment of places.ts', async () => {
      const { stdout } = await host.podman(['image', 'inspect', host.image]);
      const [image] = JSON.parse(stdout) as [
        { Size: number; User: string; Config: { Env: string[]; Volumes: object } },
      ];
      expect(image.Size).toBeLessThan(130e6);
      expect(image.User).toBe('10001:10001');
      expect(Object.keys(image.Config.Volumes).sort()).toEqual(Object.values(VOLUMES));
      expect(Object.fromEntries(image.Config.Env.map((pair) => pair.split('=')))).toEqual({
        PATH: '/usr/bin',
        NODE_ENV: 'production',
        ...IMAGE_ENVIRONMENT,
        ...ALLOCATOR,
      });
    });

    it('contains no shell and no package manager', async () => {
      const list = `const fs = require('node:fs'); const names = ['/bin', '/sbin', '/usr/bin', '/usr/sbin', '/usr/local'].filter((path) => fs.existsSync(path)).flatMap((path) => fs.readdirSync(path)); console.log(JSON.stringify({ names, uid: process.getuid(), groups: process.getgroups(), status: fs.readFileSync('/proc/self/status', 'utf8') }))`;
      const { stdout } = await host.runInstead('/usr/bin/node', ['--eval', list]);
      const { names, uid, status } = JSON.parse(stdout) as {
        names: string[];
        uid: number;
        status: string;
      };
      expect(names).toEqual(['hybrid-runner', 'node']);
      expect(uid).toBe(10_001);
      expect(status).toMatch(/^CapEff:\t0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      expect((await host.runInstead('/bin/sh', ['-c', 'true'])).code).toBe(127);
    });

    it('enrolls', async () => {
      const client = new ControlPlaneClient(
        ready.console,
        readFileSync(ready.adminTokenFile, 'utf8').trim(),
        readFileSync(ready.caFile, 'utf8'),
      );
      const { token } = await client.call<{ token: string }>(
        'POST',
        '/api/v1/enrollment-tokens',
        {},
      );
      client.close();
      const ca = '/etc/hybrid-runner/ca.pem';
      expect(
        await host.run(['enroll', '--url', ready.url, '--ca-file', ca, '--token-file', '-'], token),
      ).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
    });

    it('stores a secret and finds it again', async () => {
      expect(await host.run(['secrets', 'set', PASSWORD_REFERENCE], 'hunter2222')).toMatchObject({
        code: 0,
      });
      expect((await host.run(['secrets', 'list'])).stdout).toContain(PASSWORD_REFERENCE);
    });

    it('is not ready without a policy, and is with one', async () => {
      expect((await host.run(['service', 'check'])).stderr).toContain(
        'error POLICY_MISSING: no policy file at /etc/hybrid-runner/policy.yaml',
      );
      host.configure('policy.yaml', POLICY);
      expect(await host.run(['service', 'check'])).toMatchObject({ code: 0 });
    });

    it('connects, tells so to whoever asks inside the container, and drains when it is stopped', async () => {
      const status = (): ReturnType<ContainerHost['podman']> =>
        host.podman(['exec', 'runner', 'hybrid-runner', 'status']);
      expect((await status()).code).not.toBe(0);
      const runner = host.start('runner');
      const ended = once(runner, 'exit');
      await vi.waitFor(
        async () =>
          expect(await status()).toMatchObject({
            code: 0,
            stdout: expect.stringContaining('connected'),
          }),
        { timeout: 60_000, interval: 500 },
      );
      expect(await host.podman(['stop', '--time', '60', 'runner'])).toMatchObject({ code: 0 });
      expect(await ended).toEqual([0, null]);
    });
  },
);
