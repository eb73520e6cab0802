import { existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { text } from '../../scripts/release/entries.ts';
import { NEW, OLD, program, ReleasePlace } from '../../test/support/release-place.ts';
import { UpgradedService } from '../../test/support/upgraded-service.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import type { Release } from './release-file.ts';

let place: ReleasePlace;

const mask = process.umask();

beforeEach(() => {
  place = new ReleasePlace();
  // As the program sets it.
  process.umask(0o077);
});
afterEach(() => {
  process.umask(mask);
  place.close();
});

const selected = (): string => place.selected();
const release = (): Promise<Release> => place.read(place.makeRelease());
const hidden = (): string[] => place.hidden();

describe('an upgrade', () => {
  it('installs a verified release beside the old one, readable by all, and switches to it', async () => {
    const service = new UpgradedService(place);
    service.onRestart = () => (service.state = { version: '1.1.0', pid: 2, connected: true });
    expect(await service.upgrade(await release())).toEqual({
      restarted: true,
    });
    expect(selected()).toBe(NEW);
    expect(readdirSync(place.parent).toSorted()).toEqual(['hybrid-runner', OLD, NEW]);
    for (const path of ['', 'bin', 'bin/node'])
      expect(lstatSync(join(place.parent, NEW, path)).mode & 0o777).toBe(0o755);
    expect(lstatSync(join(place.parent, NEW, 'bin/hybrid-runner.js')).mode & 0o777).toBe(0o644);
  });

  it.each([
    ['never starts', undefined],
    ['starts and does not connect', { version: '1.1.0', pid: 2, connected: false }],
  ])('rolls back by itself within two minutes if the new one %s', async (_what, state) => {
    const service = new UpgradedService(place);
    service.onRestart = (name) => {
      service.state = name === NEW ? state : { version: '1.0.0', pid: 3, connected: true };
    };
    expect(await service.upgrade(await release())).toMatchObject({
      code: 'UPGRADE_FAILED',
      message: '1.1.0 did not connect; rolled back to 1.0.0: no connection within two minutes',
    });
    const [, , waiting, back] = service.said;
    expect([waiting!.text, back!.text]).toEqual([
      'Waiting until 1.1.0 is connected, for two minutes at most',
      `Rolling back to ${OLD}`,
    ]);
    expect(back!.at - waiting!.at).toBe(120_000);
    expect([selected(), service.restarts, hidden()]).toEqual([OLD, 2, []]);
  });

  it('rolls back when it is interrupted while it waits', async () => {
    const service = new UpgradedService(place);
    const stop = new AbortController();
    service.onRestart = (name) => {
      service.state = undefined;
      if (name === NEW) setTimeout(() => stop.abort(), 20);
    };
    expect(await service.upgrade(await release(), stop.signal)).toMatchObject({
      code: 'UPGRADE_FAILED',
    });
    expect([selected(), service.restarts]).toEqual([OLD, 2]);
  });

  it('waits for the old process, which drains', async () => {
    const service = new UpgradedService(place);
    const started = service.clock.monotonic();
    const running = service.deps.running;
    const deps = {
      ...service.deps,
      running: async (signal: AbortSignal) => {
        if (service.clock.monotonic() - started > 30_000)
          service.state = { version: '1.1.0', pid: 2, connected: true };
        return running(signal);
      },
    };
    Object.assign(service, { deps });
    expect(await service.upgrade(await release())).toEqual({
      restarted: true,
    });
    expect(selected()).toBe(NEW);
  });

  it.each([
    ['a downgrade', 'hybrid-runner-0.9.0-linux-x64', program('hybrid-runner-0.9.0-linux-x64')],
    ['the same version', OLD, program(OLD)],
    ['a program that does not start', NEW, [text('bin/node', '#!/bin/sh\necho 7\n', 0o755)]],
    ['a file outside of its directory', NEW, [text('../evil', '')]],
  ])('changes nothing for %s', async (_what, name, files) => {
    const service = new UpgradedService(place);
    const other = await place.read(place.makeRelease(name, files));
    expect(await service.upgrade(other)).toMatchObject({ code: 'UPGRADE_REFUSED' });
    expect([selected(), service.restarts, existsSync(join(place.parent, 'evil'))]).toEqual([
      OLD,
      0,
      false,
    ]);
  });

  it('changes nothing while the service is not connected', async () => {
    const service = new UpgradedService(place);
    service.state = { version: '1.0.0', pid: 1, connected: false };
    expect(await service.upgrade(await release())).toMatchObject({
      code: 'UPGRADE_REFUSED',
      message: 'the service is not connected, so the new release could not be verified',
    });
    expect(readdirSync(place.parent).toSorted()).toEqual(['hybrid-runner', OLD]);
  });

  it('leaves nothing behind on a full disk', async () => {
    const service = new UpgradedService(place);
    const full = (): never => {
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    };
    Object.assign(service, { deps: { ...service.deps, disk: { ...nodeDisk, rename: full } } });
    expect(await service.upgrade(await release())).toMatchObject({
      code: 'DISK_FULL',
    });
    expect(readdirSync(place.parent).toSorted()).toEqual(['hybrid-runner', OLD]);
  });

  it('that was killed while it unpacked leaves the old one in use, and starts afresh', async () => {
    const rest = join(place.parent, `.${NEW}.unfinished`);
    mkdirSync(rest);
    writeFileSync(join(rest, 'part'), '');
    const service = new UpgradedService(place);
    service.onRestart = () => (service.state = { version: '1.1.0', pid: 2, connected: true });
    expect(selected()).toBe(OLD);
    expect(await service.upgrade(await release())).toEqual({
      restarted: true,
    });
    expect(hidden()).toEqual([]);
    expect(existsSync(join(place.parent, NEW, 'part'))).toBe(false);
  });
});
