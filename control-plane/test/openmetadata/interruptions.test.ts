import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../test/support/openmetadata-server/faults.ts';
import { hastyClock } from '../hasty-clock.ts';
import { eventually } from '../stage.ts';
import { accept, finish, linesOf, PARENTS, send, table } from './relay-attempt.ts';
import { inProcess, RelayStage } from './relay-stage.ts';

const limits = { leaseTtlMs: 60_000, absenceLimitMs: 600_000 };

let scene: RelayStage;
beforeEach(async () => {
  scene = await RelayStage.open({}, inProcess(limits, hastyClock));
  await scene.deploy();
});
afterEach(() => scene.close());

const TABLES = ['Account', 'Contact', 'Lead'];
const tables = () =>
  scene.server.store
    .all('table')
    .map(({ name }) => String(name))
    .toSorted((a, b) => a.localeCompare(b));
const last = () => scene.statuses.at(-1)?.['pipelineState'];
const failing = (on: RegExp, more: object = {}) =>
  scene.server.faults.push({ on, status: 503, times: 10_000, ...more });
const recover = () => {
  scene.server.faults.length = 0;
};

/** One run of all tables; `interrupt` is called at the first request like this once it runs. */
async function interruptedAt(fault: Fault, interrupt: () => Promise<void>): Promise<void> {
  const runner = await scene.runner();
  const id = await scene.trigger();
  const { ref } = await accept(runner);
  const reached = Promise.withResolvers<void>();
  const interrupted = Promise.withResolvers<void>();
  const meanwhile = (): void => reached.resolve();
  scene.server.faults.push({ status: 503, until: interrupted.promise, meanwhile, ...fault });
  await finish(runner, ref, linesOf(...TABLES));
  await reached.promise;
  const done = interrupt();
  interrupted.resolve();
  await done;
  await scene.relayIs(id, 'done');
}

async function restart(): Promise<void> {
  await scene.stop();
  await scene.start();
}

describe('control plane that is stopped', () => {
  it.each<readonly [string, Fault]>([
    ['while it writes tables', { on: /^PUT \/tables/ }],
    ['while tables are written all the same', { on: /^PUT \/tables/, keeps: true }],
    ['while it writes the service', { on: /^(?:GET|PUT) \/services\/databaseServices/ }],
    ['while it reports the end', { on: /\/pipelineStatus$/, body: /"success"/ }],
    ['while the end is reported', { on: /\/pipelineStatus$/, body: /"success"/, keeps: true }],
    ['while it looks at the catalog', { on: /^GET \/databaseSchemas/ }],
  ])('%s continues where it stopped, without duplicates', async (_when, fault) => {
    await interruptedAt(fault, restart);
    expect(tables()).toEqual(TABLES);
    expect(scene.statuses.map(({ pipelineState }) => pipelineState)).toEqual(['success']);
    expect(scene.server.store.all('table').every(({ version }) => version === 0.1)).toBe(true);
  });

  it('after the run has ended and before anything was written, writes it all', async () => {
    const runner = await scene.runner();
    const id = await scene.trigger();
    const { ref } = await accept(runner);
    failing(/.*/);
    await finish(runner, ref, linesOf(...TABLES));
    await restart();
    recover();
    await scene.relayIs(id, 'done');
    expect(tables()).toEqual(TABLES);
    expect(last()).toBe('success');
  });
});

describe('server that fails', () => {
  it('is waited for, and the run says so', async () => {
    const runner = await scene.runner();
    const id = await scene.trigger();
    const { ref } = await accept(runner);
    failing(/.*/);
    await finish(runner, ref, linesOf(...TABLES));
    const { relay } = await eventually(async () => {
      const view = await scene.view(id);
      return view.relay.error !== null && view;
    });
    expect(relay).toMatchObject({ state: 'writing', error: { code: 'SINK_BUSY' } });
    recover();
    await scene.relayIs(id, 'done');
    expect(tables()).toEqual(TABLES);
  });

  it('is abandoned after relayPatienceMs, and the next run is a full run', async () => {
    await scene.close();
    scene = await RelayStage.open({}, inProcess({ ...limits, relayPatienceMs: 200 }, hastyClock));
    await scene.deploy();
    const runner = await scene.runner();
    const id = await scene.trigger();
    const { ref } = await accept(runner);
    failing(/.*/);
    await finish(runner, ref, linesOf(...TABLES));
    expect(await scene.relayIs(id, 'failed')).toMatchObject({ error: { code: 'SINK_BUSY' } });
    recover();
    await scene.trigger();
    expect((await accept(runner)).catalogRevision).toBe('');
  });

  it('holds back the next run until it has the results of the one before', async () => {
    const runner = await scene.runner({ capacity: 5 });
    const first = await scene.trigger();
    const { ref } = await accept(runner);
    const second = await scene.trigger();
    const waiting = async () => (await scene.view(second)).waiting?.message;
    await eventually(async () => (await waiting())?.includes(first));
    failing(/^PUT \/tables/);
    await finish(runner, ref, linesOf(...TABLES));
    await scene.relayIs(first, 'writing');
    expect(await waiting()).toContain(first);
    recover();
    await scene.relayIs(first, 'done');
    const next = await accept(runner);
    expect(next.ref.runId).toBe(second);
    expect(next.catalogRevision).not.toBe('');
  });
});

describe('rejected token', () => {
  it('waits for a deployment that brings another', async () => {
    const runner = await scene.runner();
    const id = await scene.trigger();
    const { ref } = await accept(runner);
    scene.server.tokens.clear();
    scene.server.tokens.add('rotated');
    await finish(runner, ref, linesOf(...TABLES));
    const { relay } = await eventually(async () => {
      const view = await scene.view(id);
      return view.relay.error !== null && view;
    });
    expect(relay.error).toMatchObject({
      code: 'SINK_UNAUTHORIZED',
      remedy: 'Deploy the pipeline again in OpenMetadata: a deployment brings a new token.',
    });
    await scene.redeploy();
    await scene.relayIs(id, 'done');
    expect(last()).toBe('success');
  });
});

describe('abandoned attempt', () => {
  it('is abandoned; the next attempt is written from its start', async () => {
    const runner = await scene.runner();
    const id = await scene.trigger();
    const { ref } = await accept(runner);
    await send(runner, ref, [...PARENTS, table('Account')]);
    await eventually(async () => last() === 'running');
    await finish(
      runner,
      ref,
      [...PARENTS, table('Account')],
      { status: 'interrupted', digest: '' },
      PARENTS.length + 2,
    );
    const again = await accept(runner);
    expect(again.ref.attempt).toBe(2);
    await finish(runner, again.ref, linesOf(...TABLES));
    await scene.relayIs(id, 'done');
    expect(tables()).toEqual(TABLES);
    expect(last()).toBe('success');
  });
});
