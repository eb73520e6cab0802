import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import type { Release } from '../../src/upgrade/release-file.ts';
import { upgrade, type RunningRunner, type UpgradeDeps } from '../../src/upgrade/upgrade.ts';
import type { ReleasePlace } from './release-place.ts';
import { SimulatedClock } from './simulated-clock.ts';

/** A service that answers with what a test says. Its main process answers on its status socket. */
export class UpgradedService {
  readonly #place: ReleasePlace;
  readonly clock = new SimulatedClock();
  readonly said: { readonly text: string; readonly at: number }[] = [];
  restarts = 0;
  state: RunningRunner | undefined = { version: '1.0.0', pid: 1, connected: true };
  /** What systemd says, if it is not what the status socket says. */
  mainPid: number | undefined;
  isRunning = true;
  onRestart: (selected: string) => void = () => undefined;

  readonly deps: UpgradeDeps = {
    disk: nodeDisk,
    clock: this.clock,
    drainTimeoutMs: 5_000,
    running: async () => this.state,
    service: async () => ({
      isRunning: this.isRunning,
      pid: this.mainPid ?? this.state?.pid ?? 0,
    }),
    restart: async () => {
      this.restarts += 1;
      this.onRestart(this.#place.selected());
    },
    tryOut: async (root) => execFileSync(join(root, 'bin/node'), { encoding: 'utf8' }).trim(),
    say: (text) => void this.said.push({ text, at: this.clock.monotonic() }),
  };

  constructor(place: ReleasePlace) {
    this.#place = place;
  }

  /** Lets time pass until the upgrade has ended. */
  async upgrade(release: Release, signal = new AbortController().signal): Promise<unknown> {
    const progress = { ended: false };
    const result = upgrade(release, this.#place.installation, this.deps, signal).then(
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
