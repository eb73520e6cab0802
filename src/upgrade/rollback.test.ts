import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NEW, OLD, ReleasePlace } from '../../test/support/release-place.ts';
import { UpgradedService } from '../../test/support/upgraded-service.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { exclusively } from './exclusive.ts';
import type { Release } from './release-file.ts';
import { markUpgrade, pointTo } from './switch.ts';
import { undoUnfinished, type UpgradeDeps } from './upgrade.ts';

let place: ReleasePlace;
let service: UpgradedService;

beforeEach(() => {
  place = new ReleasePlace();
  service = new UpgradedService(place);
});
afterEach(() => place.close());

const release = (): Promise<Release> => place.read(place.makeRelease());
const change = (deps: Partial<UpgradeDeps>): void =>
  void Object.assign(service, { deps: { ...service.deps, ...deps } });
const noService = (): Promise<never> =>
  Promise.reject(new RunnerError('SERVICE_FAILED', 'no such unit'));

describe('an upgrade', () => {
  it('waits for a draining process that does not answer for longer than two minutes', async () => {
    const started = service.clock.monotonic();
    change({ drainTimeoutMs: 600_000 });
    service.onRestart = () => {
      service.state = undefined;
      service.mainPid = 1;
    };
    change({
      running: async () =>
        service.clock.monotonic() - started > 300_000
          ? { version: '1.1.0', pid: 2, connected: true }
          : service.state,
    });
    expect(await service.upgrade(await release())).toEqual({ restarted: true });
    expect(place.selected()).toBe(NEW);
  });

  it('does not take an error of systemctl for the end of the old process', async () => {
    let isRestarted = false;
    const { service: answers } = service.deps;
    change({
      drainTimeoutMs: 300_000,
      service: () => (isRestarted ? noService() : answers()),
    });
    service.onRestart = () => {
      isRestarted = true;
      service.state = undefined;
    };
    expect(await service.upgrade(await release())).toMatchObject({
      message: '1.1.0 did not connect; rolled back to 1.0.0: the old process did not end',
    });
  });

  it('is rejected if the service runs and does not answer', async () => {
    service.state = undefined;
    service.mainPid = 1;
    expect(await service.upgrade(await release())).toMatchObject({
      code: 'UPGRADE_REFUSED',
      message:
        'the service does not answer on its status socket, so the new release could not be verified',
    });
    expect([place.selected(), service.restarts]).toEqual([OLD, 0]);
  });

  it('does not start a service that does not run', async () => {
    service.isRunning = false;
    expect(await service.upgrade(await release())).toEqual({ restarted: false });
    expect([place.selected(), service.restarts]).toEqual([NEW, 0]);
  });

  it('stops when it is interrupted while it tries the new program', async () => {
    const stop = new AbortController();
    change({
      tryOut: (_root, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(RunnerError.from(signal.reason)));
          stop.abort(new RunnerError('ABORTED', 'stopped by SIGINT'));
        }),
    });
    expect(await service.upgrade(await release(), stop.signal)).toMatchObject({ code: 'ABORTED' });
    expect(place.selected()).toBe(OLD);
  });

  it('runs alone', async () => {
    const path = join(place.directory, 'lock');
    await exclusively(path, async () => {
      await expect(exclusively(path, () => Promise.resolve())).rejects.toMatchObject({
        code: 'UPGRADE_REFUSED',
        message: 'another upgrade is in progress',
      });
    });
    await exclusively(path, () => Promise.resolve());
  });
});

describe('a rollback', () => {
  it('restarts nothing if the link could not be switched', async () => {
    let renames = 0;
    const disk: Disk = {
      ...nodeDisk,
      rename: (from, to) => {
        if (to === place.link && ++renames === 1) return Promise.reject(new Error('EIO'));
        return nodeDisk.rename(from, to);
      },
    };
    change({ disk });
    expect(await service.upgrade(await release())).toMatchObject({ code: 'UPGRADE_FAILED' });
    expect([place.selected(), service.restarts, place.hidden()]).toEqual([OLD, 0, []]);
  });

  it('ends although the service cannot be restarted, and reports both errors', async () => {
    change({ restart: noService });
    const error = (await service.upgrade(await release())) as RunnerError;
    expect(error).toMatchObject({
      code: 'UPGRADE_FAILED',
      message: '1.1.0 did not connect: no such unit; failed to roll back to 1.0.0: no such unit',
      cause: { errors: [{ code: 'SERVICE_FAILED' }, { code: 'SERVICE_FAILED' }] },
    });
    expect([place.selected(), place.hidden()]).toEqual([OLD, []]);
    expect(await undoUnfinished(place.installation, service.deps)).toBeUndefined();
  });

  it.each([
    [true, 1],
    [false, 0],
  ])(
    'of a killed upgrade restarts the service only if the upgrade had restarted it: %s',
    async (restarted, restarts) => {
      await markUpgrade(place.parent, { from: OLD, restarted }, nodeDisk);
      await pointTo(place.link, NEW, nodeDisk);
      expect(await undoUnfinished(place.installation, service.deps)).toBe(OLD);
      expect([place.selected(), service.restarts, place.hidden()]).toEqual([OLD, restarts, []]);
      expect(await undoUnfinished(place.installation, service.deps)).toBeUndefined();
    },
  );

  it('that was killed stays as it is until a person has read a damaged record of it', async () => {
    writeFileSync(join(place.parent, '.hybrid-runner-upgrade'), '{"from":');
    const undone = undoUnfinished(place.installation, service.deps);
    await expect(undone).rejects.toMatchObject({ code: 'UPGRADE_REFUSED' });
    expect(existsSync(join(place.parent, '.hybrid-runner-upgrade'))).toBe(true);
  });

  it('is not repeated after a power loss: the end of an upgrade is durable', async () => {
    let isSynced = false;
    const disk: Disk = {
      ...nodeDisk,
      syncDirectory: async (path) => {
        isSynced = path === place.parent && !existsSync(join(path, '.hybrid-runner-upgrade'));
        await nodeDisk.syncDirectory(path);
      },
    };
    change({ disk });
    service.onRestart = () => (service.state = { version: '1.1.0', pid: 2, connected: true });
    expect(await service.upgrade(await release())).toEqual({ restarted: true });
    expect(isSynced).toBe(true);
  });
});
