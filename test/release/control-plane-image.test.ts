import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { releaseObstacle } from '../install/obstacle.ts';
import { ownVersion } from '../install/release.ts';
import { ContainerHost } from './container.ts';

const DATA = '/var/lib/hybrid-control-plane';

describe.skipIf(releaseObstacle() !== undefined)(
  'the control plane’s image, read-only, without capabilities, as its own user',
  () => {
    let host: ContainerHost;
    beforeAll(async () => {
      const archive = join(inject('release'), `hybrid-control-plane-${ownVersion()}.oci.tar`);
      host = await ContainerHost.load(archive, { data: DATA }, '/etc/hybrid-control-plane');
    });
    afterAll(() => host?.close());

    it('takes less than 130 MB and contains no shell', async () => {
      const [image] = JSON.parse((await host.podman(['image', 'inspect', host.image])).stdout) as [
        { Size: number; User: string },
      ];
      expect(image.Size).toBeLessThan(130e6);
      expect(image.User).toBe('10001:10001');
      expect((await host.runInstead('/bin/sh', ['-c', 'true'])).code).toBe(127);
    });

    it('serves console and API, makes a backup, and stops in order', async () => {
      const plane = host.start('plane');
      const ended = once(plane, 'exit');
      const ask = (path: string): ReturnType<ContainerHost['podman']> =>
        host.podman([
          'exec',
          'plane',
          'node',
          '--eval',
          `process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; fetch('https://127.0.0.1:7443${path}').then(async (answer) => console.log(answer.status, (await answer.text()).slice(0, 60)))`,
        ]);
      await vi.waitFor(
        async () => expect((await ask('/')).stdout).toContain('200 <!doctype html>'),
        { timeout: 60_000, interval: 500 },
      );
      expect((await ask('/api/v1/services')).stdout).toContain('401');
      const healthy = `fetch('http://127.0.0.1:7480/readyz').then((answer) => process.exit(answer.ok ? 0 : 1))`;
      expect(await host.podman(['exec', 'plane', 'node', '--eval', healthy])).toMatchObject({
        code: 0,
      });
      expect(
        await host.podman(['exec', 'plane', 'hybrid-control-plane-backup', `${DATA}/backup`]),
      ).toMatchObject({ code: 0 });
      expect(await host.podman(['stop', '--time', '30', 'plane'])).toMatchObject({ code: 0 });
      expect(await ended).toEqual([0, null]);
    });
  },
);
