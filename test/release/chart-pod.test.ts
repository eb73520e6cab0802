import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ControlPlaneClient } from '../../demo/control-plane-client.ts';
import { tool } from '../../scripts/release/tools.ts';
import { releaseObstacle } from '../install/obstacle.ts';
import { ownVersion } from '../install/release.ts';
import { runWell, type Result } from '../install/run.ts';
import { Program } from '../support/program.ts';
import { ContainerHost } from './container.ts';

const repository = resolve(import.meta.dirname, '../..');
const GROUP = 10_001;

interface Rendered {
  readonly kind: string;
  readonly data: Readonly<Record<string, string>>;
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly initContainers: readonly [
          {
            readonly command: readonly string[];
            readonly env: readonly { name: string; value: string }[];
          },
        ];
      };
    };
  };
}

/** Connection tests with the mounted secret, and with one that is not there. */
function workflows(): Record<string, string> {
  const workflow = (secret: string): string =>
    JSON.stringify({
      source: {
        type: 'salesforce',
        serviceName: 'crm',
        serviceConnection: {
          config: {
            type: 'Salesforce',
            username: 'catalog@acme.example',
            password: `secret:/salesforce/prod/${secret}`,
            salesforceDomain: 'acme.my',
          },
        },
        sourceConfig: { config: { type: 'DatabaseMetadata' } },
      },
    });
  return { 'password.yaml': workflow('password'), 'other.yaml': workflow('other') };
}

describe.skipIf(releaseObstacle() !== undefined)(
  'a pod of the runner’s chart, with volumes as Kubernetes makes them',
  () => {
    let directory: string;
    let plane: Program;
    let host: ContainerHost;
    let command: readonly string[];

    /**
     * Files behind a link to a directory, for root and a group, as Kubernetes mounts ConfigMaps
     * and Secrets.
     */
    function projected(name: string, data: Readonly<Record<string, string>>): string {
      const volume = join(directory, name);
      const version = join(volume, '..2026_01_01');
      mkdirSync(version, { recursive: true });
      symlinkSync('..2026_01_01', join(volume, '..data'));
      for (const [key, value] of Object.entries(data)) {
        writeFileSync(join(version, key), value);
        chmodSync(join(version, key), 0o440);
        chownSync(join(version, key), 0, GROUP);
        symlinkSync(join('..data', key), join(volume, key));
      }
      for (const path of [volume, version]) chmodSync(path, 0o755);
      return volume;
    }

    async function render(url: string, ca: string): Promise<readonly Rendered[]> {
      const values = join(directory, 'values.yaml');
      writeFileSync(
        values,
        JSON.stringify({
          controlPlane: { url, ca },
          identity: { enrollmentTokenSecret: 'token' },
          secrets: { existingSecret: 'salesforce' },
          policy: {
            version: 1,
            secrets: [
              {
                ref: '/salesforce/prod/*',
                connector: 'salesforce',
                fields: ['password'],
                hosts: ['acme.my.salesforce.com'],
              },
            ],
          },
        }),
      );
      const chart = join(inject('release'), `hybrid-runner-${ownVersion()}.tgz`);
      const args = ['template', 'crm', chart, '--values', values, '--kube-version', '1.33.0'];
      return parseAllDocuments(await runWell(tool('helm'), args)).map(
        (one) => one.toJS() as Rendered,
      );
    }

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'pod-'));
      chmodSync(directory, 0o755);
      const started = await Program.startReady([
        join(repository, 'control-plane/src/main.ts'),
        '--data',
        join(directory, 'control-plane'),
      ]);
      plane = started.program;
      const ready = started.ready as {
        url: string;
        console: string;
        caFile: string;
        adminTokenFile: string;
      };
      const ca = readFileSync(ready.caFile, 'utf8');
      const client = new ControlPlaneClient(
        ready.console,
        readFileSync(ready.adminTokenFile, 'utf8').trim(),
        ca,
      );
      const { token } = await client.call<{ token: string }>(
        'POST',
        '/api/v1/enrollment-tokens',
        {},
      );
      client.close();
      const objects = await render(ready.url, ca);
      const configMap = objects.find(({ kind }) => kind === 'ConfigMap')!;
      const [init] = objects.find(({ kind }) => kind === 'StatefulSet')!.spec.template.spec
        .initContainers;
      command = init.command;
      // As fsGroup leaves a volume.
      const state = join(directory, 'state');
      mkdirSync(state);
      chownSync(state, 0, GROUP);
      chmodSync(state, 0o2770);
      host = await ContainerHost.load(
        join(inject('release'), `hybrid-runner-${ownVersion()}.oci.tar`),
        {
          [state]: '/var/lib/hybrid-runner',
          [projected('config', { ...configMap.data, ...workflows() })]: '/etc/hybrid-runner:ro',
          [projected('token', { token })]: '/run/hybrid-runner/enrollment:ro',
          [projected('salesforce', { 'salesforce.prod.password': 'hunter2222' })]:
            '/run/hybrid-runner/secrets:ro',
        },
        '/run/unused',
        Object.fromEntries(init.env.map(({ name, value }) => [name, value])),
      );
    });
    afterAll(async () => {
      await plane?.end('SIGTERM');
      await host?.close();
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    });

    const prepare = (): Promise<Result> => host.runInstead(command[0]!, command.slice(1));

    it('enrolls once, and finds its identity when it starts again', async () => {
      expect(await prepare()).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/enrolled/i),
      });
      expect(await prepare()).toMatchObject({ code: 0, stdout: '' });
    });

    it('finds the mounted secret under its reference', async () => {
      expect(await host.run(['service', 'check'])).toMatchObject({ code: 0, stderr: '' });
      const test = (file: string): Promise<Result> =>
        host.run(['test-connection', '--workflow', `/etc/hybrid-runner/${file}.yaml`]);
      const [known, unknown] = await Promise.all([test('password'), test('other')]);
      expect(unknown.stdout + unknown.stderr).toContain('SECRET_UNAVAILABLE');
      // There is no such org; what matters is that the sign-in was tried.
      expect(known.stdout + known.stderr).not.toContain('SECRET_');
    });

    it('connects, which the readiness probe sees', async () => {
      const runner = host.start('pod');
      const ended = once(runner, 'exit');
      await vi.waitFor(
        async () =>
          expect(
            await host.podman(['exec', 'pod', '/usr/bin/hybrid-runner', 'status']),
          ).toMatchObject({ code: 0 }),
        { timeout: 60_000, interval: 500 },
      );
      expect(await host.podman(['stop', '--time', '60', 'pod'])).toMatchObject({ code: 0 });
      expect(await ended).toEqual([0, null]);
    });
  },
);
