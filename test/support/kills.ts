import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { NetworkChannel } from '../../foundation/src/network/channel-kind.ts';
import { Stage } from './stage.ts';

export const VICTIMS = ['worker', 'link', 'control plane'] as const;
export type Victim = (typeof VICTIMS)[number];

/** The child processes of `parent`. */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        return new RegExp(`^PPid:\\s+${parent}$`, 'm').test(status);
      } catch {
        return false;
      }
    });
}

/**
 * Runs with real processes, any of which may be killed, and the result of an undisturbed run to
 * compare with.
 */
export class KillStage {
  readonly #stage: Stage;
  readonly #tables: readonly string[];
  readonly #entities: number;

  private constructor(stage: Stage, tables: readonly string[], entities: number) {
    this.#stage = stage;
    this.#tables = tables;
    this.#entities = entities;
  }

  static async open(channel: NetworkChannel, objects: number): Promise<KillStage> {
    const stage = await Stage.open({
      objects,
      latencyMs: 40,
      channel,
      controlPlaneArgs: ['--lease-ttl', '3000', '--heartbeat-interval', '750'],
    });
    try {
      await stage.startRunner();
      const clean = await stage.ended(await stage.startRun());
      expect(clean).toMatchObject({ state: 'success', integrity: 'ok' });
      const tables = await stage.tables();
      expect(tables.length).toBeGreaterThanOrEqual(objects);
      expect(clean.entities).toBeGreaterThanOrEqual(tables.length + 3);
      return new KillStage(stage, tables, clean.entities);
    } catch (thrown) {
      await stage.close();
      throw thrown;
    }
  }

  /**
   * Kills a process `afterMs` after a run has made progress, restarts it if necessary, and checks
   * that the result is complete. False if the run ended before.
   */
  async kill(victim: Victim, afterMs = 0): Promise<boolean> {
    const id = await this.#runInside();
    await delay(afterMs);
    const workers = childrenOf(this.#stage.runner.pid);
    if (victim === 'worker') workers.forEach(killIfThere);
    else if (victim === 'link')
      await this.#stage.runner.end('SIGKILL').then(() => this.#stage.startRunner());
    else
      await this.#stage.controlPlaneProgram
        .end('SIGKILL')
        .then(() => this.#stage.startControlPlane());
    await this.#expectWhole(id);
    return workers.length > 0;
  }

  close(): Promise<void> {
    return this.#stage.close();
  }

  /** Starts a full run and returns once it has made progress. */
  async #runInside(): Promise<string> {
    rmSync(join(this.#stage.stateDir, 'connectors', 'salesforce', 'last-runs'), {
      recursive: true,
      force: true,
    });
    const id = await this.#stage.startRun();
    await this.#stage.runWhen(
      id,
      'the run to be inside',
      (run) => run.state !== 'queued' && run.records > 3,
    );
    return id;
  }

  async #expectWhole(id: string): Promise<void> {
    const run = await this.#stage.ended(id);
    expect(run).toMatchObject({ state: 'success', integrity: 'ok' });
    expect(run.counts['objects']).toBe(this.#tables.length);
    expect(run.entities).toBe(this.#entities);
    expect(await this.#stage.tables()).toEqual(this.#tables);
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The run ended in the meantime.
  }
}
