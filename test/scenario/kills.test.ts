import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from '../support/stage.ts';

const OBJECTS = 120;
const TIMEOUT = 120_000;

/** The child processes of `parent` whose command line names the worker. */
function workersOf(parent: number): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return new RegExp(`^PPid:\\s+${parent}$`, 'm').test(status);
    } catch {
      return false;
    }
  });
}

describe.runIf(process.platform === 'linux').each(['ws', 'grpc'] as const)('kill -9 in the middle of a run over %s', (channel) => {
  let stage: Stage;
  let expected: string[];
  /** Tables, code and what holds them. */
  let entities: number;

  beforeAll(async () => {
    stage = await Stage.open({ objects: OBJECTS, latencyMs: 40, channel, controlPlaneArgs: ['--lease-ttl', '6000', '--heartbeat-interval', '1500'] });
    await stage.startRunner();
    const clean = await stage.ended(await stage.startRun());
    expect(clean).toMatchObject({ state: 'success', integrity: 'ok' });
    expected = await stage.tables();
    entities = clean.entities;
    expect(expected.length).toBeGreaterThanOrEqual(OBJECTS);
    expect(entities).toBeGreaterThanOrEqual(expected.length + 3);
  }, TIMEOUT);

  afterAll(() => stage.close(), TIMEOUT);

  /** Starts a run that remembers no earlier one, so that it has much to do, and returns once it is well inside. */
  async function runInside(): Promise<string> {
    rmSync(join(stage.stateDir, 'connectors', 'salesforce', 'last-runs'), { recursive: true, force: true });
    const id = await stage.startRun();
    await stage.runWhen(id, 'the run to be inside', (run) => run.state === 'running' && run.records > 3);
    return id;
  }

  async function expectWhole(id: string): Promise<void> {
    const run = await stage.ended(id);
    expect(run).toMatchObject({ state: 'success', integrity: 'ok' });
    expect(run.counts['objects']).toBe(expected.length);
    expect(run.entities).toBe(entities);
    expect(await stage.tables()).toEqual(expected);
  }

  it('of the worker leaves the result complete and without doubles', async () => {
    const id = await runInside();
    const workers = workersOf(stage.runner.pid);
    expect(workers.length).toBeGreaterThan(0);
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    await expectWhole(id);
  }, TIMEOUT);

  it('of the link leaves the result complete and without doubles', async () => {
    const id = await runInside();
    await stage.runner.end('SIGKILL');
    await stage.startRunner();
    await expectWhole(id);
  }, TIMEOUT);

  it('of the control plane leaves the result complete and without doubles', async () => {
    const id = await runInside();
    await stage.controlPlaneProgram.end('SIGKILL');
    await stage.startControlPlane();
    await expectWhole(id);
  }, TIMEOUT);
});
