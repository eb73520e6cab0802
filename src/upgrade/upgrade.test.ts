import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { text } from '../../scripts/release/entries.ts';
import { NEW, OLD, program, ReleasePlace } from '../../test/support/release-place.ts';
import { SimulatedClock } from '../../test/support/simulated-clock.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import type { Release } from './release-file.ts';
import { markUpgrade, pointTo } from './switch.ts';
import { undoUnfinished, upgrade, type RunningRunner, type UpgradeDeps } from './upgrade.ts';

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

/** A service that answers with what a test says. */
class Service {
  readonly clock = new SimulatedClock();
  readonly said: { readonly text: string; readonly at: number }[] = [];
  restarts = 0;
  state: RunningRunner | undefined = { version: '1.0.0', pid: 1, connected: true };
  onRestart: (selected: string) => void = () => undefined;

  readonly deps: UpgradeDeps = {
    disk: nodeDisk,
    clock: this.clock,
    drainTimeoutMs: 5_000,
    running: async () => this.state,
    restart: async () => {
      this.restarts += 1;
      this.onRestart(selected());
    },
    tryOut: async (root) => execFileSync(join(root, 'bin/node'), { encoding: 'utf8' }).trim(),
    say: (text) => void this.said.push({ text, at: this.clock.monotonic() }),
  };

  /** Lets time pass until the upgrade has ended. */
  async upgrade(release: Release, signal = new AbortController().signal): Promise<unknown> {
    const progress = { ended: false };
    const result = upgrade(release, place.installation, this.deps, signal).then(
      (restarted) => ({ restarted }),
      (thrown: unknown) => thrown,
    );
    void result.finally(() => (progress.ended = true));
    while (!progress.ended) {
      await new Promise((done) => setTimeout(done, 1));
      await this.clock.advance(1_000);
    }
    return result;
  }
}

const selected = (): string => readlinkSync(place.link);
const hidden = (): string[] => readdirSync(place.parent).filter((name) => name.startsWith('.'));

describe('an upgrade', () => {
  it('installs a verified release beside the old one, readable by all, and switches to it', async () => {
    const service = new Service();
    service.onRestart = () => (service.state = { version: '1.1.0', pid: 2, connected: true });
    expect(await service.upgrade(await place.read(place.makeRelease()))).toEqual({
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
  ])('goes back by itself within two minutes if the new one %s', async (_what, state) => {
    const service = new Service();
    service.onRestart = (name) => {
      service.state = name === NEW ? state : { version: '1.0.0', pid: 3, connected: true };
    };
    expect(await service.upgrade(await place.read(place.makeRelease()))).toMatchObject({
      code: 'UPGRADE_FAILED',
      message: expect.stringContaining('1.0.0 is selected again') as string,
    });
    const [, , waiting, back] = service.said;
    expect([waiting!.text, back!.text]).toEqual([
      'Waiting until 1.1.0 is connected, for two minutes at most',
      `Going back to ${OLD}`,
    ]);
    expect(back!.at - waiting!.at).toBe(120_000);
    expect([selected(), service.restarts, hidden()]).toEqual([OLD, 2, []]);
  });

  it('goes back when it is interrupted while it waits', async () => {
    const service = new Service();
    const stop = new AbortController();
    service.onRestart = (name) => {
      service.state = undefined;
      if (name === NEW) setTimeout(() => stop.abort(), 20);
    };
    expect(await service.upgrade(await place.read(place.makeRelease()), stop.signal)).toMatchObject(
      {
        code: 'UPGRADE_FAILED',
      },
    );
    expect([selected(), service.restarts]).toEqual([OLD, 2]);
  });

  it('waits for the old process, which drains', async () => {
    const service = new Service();
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
    expect(await service.upgrade(await place.read(place.makeRelease()))).toEqual({
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
    const service = new Service();
    const release = await place.read(place.makeRelease(name, files));
    expect(await service.upgrade(release)).toMatchObject({ code: 'UPGRADE_REFUSED' });
    expect([selected(), service.restarts, existsSync(join(place.parent, 'evil'))]).toEqual([
      OLD,
      0,
      false,
    ]);
  });

  it('changes nothing while the service is not connected', async () => {
    const service = new Service();
    service.state = { version: '1.0.0', pid: 1, connected: false };
    const release = await place.read(place.makeRelease());
    expect(await service.upgrade(release)).toMatchObject({ code: 'UPGRADE_REFUSED' });
    expect(readdirSync(place.parent).toSorted()).toEqual(['hybrid-runner', OLD]);
  });

  it('leaves nothing behind on a full disk', async () => {
    const service = new Service();
    const full = (): never => {
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    };
    Object.assign(service, { deps: { ...service.deps, disk: { ...nodeDisk, rename: full } } });
    expect(await service.upgrade(await place.read(place.makeRelease()))).toMatchObject({
      code: 'DISK_FULL',
    });
    expect(readdirSync(place.parent).toSorted()).toEqual(['hybrid-runner', OLD]);
  });

  it('that was killed after the switch is undone by the next one', async () => {
    const service = new Service();
    await markUpgrade(place.parent, OLD, nodeDisk);
    await pointTo(place.link, NEW, nodeDisk);
    expect(await undoUnfinished(place.installation, service.deps)).toBe(OLD);
    expect([selected(), service.restarts, hidden()]).toEqual([OLD, 1, []]);
    expect(await undoUnfinished(place.installation, service.deps)).toBeUndefined();
  });

  it('that was killed while it unpacked leaves the old one in use, and starts afresh', async () => {
    const rest = join(place.parent, `.${NEW}.unfinished`);
    mkdirSync(rest);
    writeFileSync(join(rest, 'part'), '');
    const service = new Service();
    service.onRestart = () => (service.state = { version: '1.1.0', pid: 2, connected: true });
    expect(selected()).toBe(OLD);
    expect(await service.upgrade(await place.read(place.makeRelease()))).toEqual({
      restarted: true,
    });
    expect(hidden()).toEqual([]);
    expect(existsSync(join(place.parent, NEW, 'part'))).toBe(false);
  });
});
