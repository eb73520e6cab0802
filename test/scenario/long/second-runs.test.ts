import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Stage } from '../../support/stage.ts';

const TIMEOUT = 300_000;
const SECOND = 'second-runner';

/**
 * The catalog must contain what an incremental run omits, whatever happened since the previous run.
 */
describe('an incremental run', () => {
  let stage: Stage;
  let renames = 0;

  beforeAll(async () => {
    stage = await Stage.open({
      objects: 40,
      latencyMs: 0,
      controlPlaneArgs: ['--lease-ttl', '12000', '--heartbeat-interval', '1000'],
    });
    await stage.addRunner(SECOND);
    await stage.startRunner();
  }, TIMEOUT);
  afterAll(() => stage.close(), TIMEOUT);
  beforeEach(() => stage.admin('DELETE', '/faults'));

  /** Tables of the catalog, each with the label of its object. */
  async function catalog(): Promise<ReadonlyMap<string, string>> {
    const { tables } = await stage.client.call<{ tables: { name: string; displayName: string }[] }>(
      'GET',
      '/api/v1/tables?service=sandbox&limit=500',
    );
    return new Map(tables.map(({ name, displayName }) => [name, displayName]));
  }

  const memoryOf = (stateDir: string): string =>
    join(stateDir, 'connectors', 'salesforce', 'last-runs');
  const remembered = (): string => {
    const directory = memoryOf(stage.stateDir);
    return existsSync(directory)
      ? readdirSync(directory)
          .map((name) => readFileSync(join(directory, name), 'utf8'))
          .join('')
      : '';
  };

  async function run(
    expected: object = { state: 'success' },
  ): Promise<{ readonly counts: Readonly<Record<string, number>> }> {
    const ended = await stage.ended(await stage.startRun());
    expect(ended).toMatchObject({ integrity: 'ok', ...expected });
    return ended;
  }

  /**
   * The org's clock has seconds, and a run treats changes in the second before it as later than
   * itself.
   */
  async function rename(object: string, label = `${object} ${++renames}`): Promise<string> {
    await delay(1100);
    await stage.admin('POST', '/org', { kind: 'renameObject', object, label });
    return label;
  }

  /** Compares the catalog with the result of a full run. */
  async function expectWhole(): Promise<void> {
    const before = await catalog();
    for (const name of ['runner', SECOND])
      rmSync(memoryOf(join(stage.place.directory, name)), { recursive: true, force: true });
    expect((await run()).counts['unchanged'] ?? 0).toBe(0);
    expect(before).toEqual(await catalog());
  }

  /** Copies the store of a stopped control plane. */
  function copyStore(from: string, to: string): void {
    rmSync(join(stage.place.directory, to), { recursive: true, force: true });
    cpSync(join(stage.place.directory, from), join(stage.place.directory, to), { recursive: true });
  }

  it(
    'omits what has not changed if the catalog is in the state that the previous run left',
    async () => {
      await run();
      const label = await rename('Account');
      const { counts } = await run();
      expect(counts['unchanged']).toBeGreaterThan(30);
      expect((await catalog()).get('Account')).toBe(label);
      await expectWhole();
    },
    TIMEOUT,
  );

  it(
    'does not rely on state that another runner has changed',
    async () => {
      await run();
      const first = (await catalog()).get('Account')!;
      await stage.stopRunner();
      await stage.startRunner(SECOND);
      await rename('Account');
      await run();
      await stage.stopRunner(SECOND);
      await stage.startRunner();
      await rename('Account', first);
      await run();
      expect((await catalog()).get('Account')).toBe(first);
      await expectWhole();
    },
    TIMEOUT,
  );

  it(
    'does not rely on a run that a restored control plane has lost',
    async () => {
      await run();
      await stage.controlPlaneProgram.end('SIGTERM');
      copyStore('control-plane', 'backup');
      await stage.startControlPlane();
      const label = await rename('Account');
      await run();
      expect((await catalog()).get('Account')).toBe(label);
      await stage.controlPlaneProgram.end('SIGKILL');
      copyStore('backup', 'control-plane');
      await stage.startControlPlane();
      expect((await catalog()).get('Account')).not.toBe(label);
      await run();
      expect((await catalog()).get('Account')).toBe(label);
      await expectWhole();
    },
    TIMEOUT,
  );

  it(
    'does not rely on a run that was canceled after its worker had finished',
    async () => {
      await run();
      const before = remembered();
      const label = await rename('Account');
      await stage.admin('POST', '/faults', {
        match: { path: '/sobjects(?:$|\\?)' },
        effect: { kind: 'delay', ms: 2500 },
      });
      const id = await stage.startRun();
      await stage.runWhen(id, 'the run to be at work', ({ state }) => state === 'running');
      await stage.controlPlaneProgram.end('SIGKILL');
      await stage.waitFor('the worker to finish', async () => remembered() !== before);
      await stage.stopRunner(undefined, 'SIGKILL');
      await stage.startControlPlane();
      await stage.client.call('POST', `/api/v1/runs/${id}/cancel`);
      expect(await stage.ended(id)).toMatchObject({ state: 'cancelled' });
      await stage.startRunner();
      await stage.admin('DELETE', '/faults');
      await run();
      expect((await catalog()).get('Account')).toBe(label);
      await expectWhole();
    },
    TIMEOUT,
  );

  it(
    'reports an object that still cannot be described, and marks deleted objects',
    async () => {
      await stage.admin('POST', '/faults', {
        match: { object: 'Contact' },
        effect: { kind: 'forbid' },
      });
      rmSync(memoryOf(stage.stateDir), { recursive: true, force: true });
      await run({ state: 'partialSuccess' });
      const [gone] = [...(await catalog()).keys()].filter((name) => name.endsWith('__c'));
      await rename('Account');
      await stage.admin('POST', '/org', { kind: 'removeObject', object: gone });
      await delay(2100);
      const { counts } = await run({ state: 'partialSuccess' });
      expect(counts).toMatchObject({ failures: 1 });
      expect(counts['unchanged']).toBeGreaterThan(25);
      expect((await catalog()).has(gone!)).toBe(false);
      expect((await run({ state: 'partialSuccess' })).counts).toMatchObject({
        failures: 1,
        apiCalls: 2,
      });
      await stage.admin('DELETE', '/faults');
      await run();
      await expectWhole();
    },
    TIMEOUT,
  );
});
