import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../stage.ts';
import { accept, finish, linesOf, PARENTS, send, sweep, table } from './relay-attempt.ts';
import { FQN, RelayStage } from './relay-stage.ts';

let scene: RelayStage;
beforeEach(async () => {
  scene = await RelayStage.open();
  await scene.deploy();
});
afterEach(() => scene.close());

const tables = () =>
  scene.server.store
    .all('table')
    .filter(({ deleted }) => !deleted)
    .map(({ name }) => name);
const ACCOUNT = 'crm.default.salesforce.Account';
const PAY = 'hr.default.public.Pay';
const line = (record: object): string => JSON.stringify(record);
const states = () => scene.statuses.map(({ pipelineState }) => pipelineState);

describe('run of a deployed pipeline', () => {
  it('arrives at the server while it is under way, and ends there when everything has', async () => {
    const runner = await scene.runner();
    const id = await scene.trigger();
    const { ref, workflow } = await accept(runner);
    expect(workflow.ingestionPipelineFQN).toBe(FQN);
    expect(workflow.source.serviceConnection.config.password).toBe('secret:/salesforce/password');
    expect(JSON.stringify(workflow)).not.toContain('42.0');
    await send(runner, ref, [...PARENTS, table('Account')]);
    await eventually(async () => states()[0] === 'running');
    expect(workflow.pipelineRunId).toBe(scene.statuses[0]!['runId']);
    await finish(runner, ref, linesOf('Account', 'Contact'), {}, PARENTS.length + 2);
    await scene.relayIs(id, 'done');
    expect(tables()).toEqual(['Account', 'Contact']);
    expect(states()).toEqual(['success']);
    const { relay, state } = await scene.view(id);
    expect({ state, result: relay.result, error: relay.error }).toEqual({
      state: 'success',
      result: 'success',
      error: null,
    });
    expect(relay.counts).toEqual({ written: 4, unchanged: 1 });
  });

  it('is followed in the console until the server has everything', async () => {
    const runner = await scene.runner();
    const id = await scene.trigger();
    const { ref } = await accept(runner);
    scene.server.faults.push({ on: /^PUT \/tables/, status: 503, times: 1 });
    await finish(runner, ref, linesOf('Account'));
    const { text } = await scene.stage.api.get(`/api/v1/runs/${id}/events`);
    const events = text.split('\n\n').filter((event) => event.includes('event: state'));
    expect(events.at(-1)).toMatch(/"relay":\{[^}]*"state":"done","result":"success"/);
    expect(text).toMatch(/event: end/);
  });

  it('changes nothing the second time, and the next run is incremental', async () => {
    const runner = await scene.runner();
    for (const fullRun of [true, false]) {
      const id = await scene.trigger();
      const { ref, catalogRevision } = await accept(runner);
      expect(catalogRevision === '').toBe(fullRun);
      await finish(runner, ref, linesOf('Account', 'Contact'));
      await scene.relayIs(id, 'done');
      expect(await scene.view(id)).toMatchObject({ fullRun });
    }
    expect(scene.server.store.all('table').map(({ version }) => version)).toEqual([0.1, 0.1]);
  });

  it('is written again when some of it did not arrive', async () => {
    const runner = await scene.runner();
    const id = await scene.trigger();
    const request = { tableProfile: { timestamp: 1, rowCount: 2 } };
    const lines = [
      ...PARENTS,
      table('Account'),
      line({ kind: 'profile', table: ACCOUNT, request }),
    ];
    scene.server.faults.push({ on: /tableProfile$/, status: 503, times: 6 });
    await finish(runner, (await accept(runner)).ref, lines);
    await scene.relayIs(id, 'done');
    expect(states()).toEqual(['success']);
    expect(scene.server.state.profiles.has(ACCOUNT)).toBe(true);
  });

  it('removes what is gone only after the run has succeeded', async () => {
    const runner = await scene.runner();
    const first = await scene.trigger();
    await finish(runner, (await accept(runner)).ref, linesOf('Account', 'Contact'));
    await scene.relayIs(first, 'done');
    const lines = [...PARENTS, table('Account'), sweep('Account'), table('Lead')];
    const second = await scene.trigger();
    const { ref } = await accept(runner);
    await send(runner, ref, lines);
    await eventually(async () => scene.statuses[1]?.['pipelineState'] === 'running');
    await finish(runner, ref, lines, { status: 'failed' }, lines.length + 1);
    await scene.relayIs(second, 'done');
    expect(tables()).toContain('Contact');
    expect(states()).toEqual(['success', 'failed']);
    const third = await scene.trigger();
    await finish(runner, (await accept(runner)).ref, lines);
    await scene.relayIs(third, 'done');
    expect(tables()).not.toContain('Contact');
  });

  it('leaves what a hostile runner says about other services', async () => {
    const runner = await scene.runner();
    await scene.trigger();
    const { ref } = await accept(runner);
    const foreign = (type: string, fqn: string, request: object) =>
      JSON.stringify({ kind: 'entity', type, fqn, request });
    const { store, state } = scene.server;
    store.put('databaseService', { name: 'hr', serviceType: 'Postgres' });
    store.put('database', { name: 'default', service: 'hr' });
    store.put('databaseSchema', { name: 'public', database: 'hr.default' });
    store.put('table', { name: 'Pay', databaseSchema: 'hr.default.public', columns: [] });
    const lines = [
      ...PARENTS,
      foreign('databaseSchema', 'crm.default.pay', { name: 'pay', database: 'hr.default' }),
      foreign('database', 'hr.more', { name: 'more', service: 'hr' }),
      foreign('databaseService', 'crm', { name: 'hr', serviceType: 'Salesforce' }),
      foreign('databaseService', 'crm', {
        name: 'crm',
        serviceType: 'Salesforce',
        connection: { config: { type: 'Salesforce', salesforceDomain: 'evil.my' } },
      }),
      JSON.stringify({ kind: 'deletion', type: 'database', fqn: 'hr.default' }),
      table('Account'),
      line({ kind: 'lineage', from: ACCOUNT, to: PAY, details: { source: 'ViewLineage' } }),
      line({ kind: 'sampleData', table: PAY, request: { columns: [], rows: [] } }),
      line({ kind: 'sweep', type: 'table', parent: 'hr.default.public', keep: [`${PAY}s`] }),
    ];
    await finish(runner, ref, lines);
    await eventually(async () => states()[0] === 'success');
    expect(store.get('table', PAY).deleted).toBe(false);
    expect(state.lineage.size + state.samples.size).toBe(0);
    expect(store.find('databaseSchema', 'hr.default.pay')).toBeUndefined();
    expect(store.find('database', 'hr.more')).toBeUndefined();
    expect(store.get('database', 'hr.default').deleted).toBe(false);
    expect(JSON.stringify(store.get('databaseService', 'crm'))).not.toContain('evil');
    expect(tables()).toEqual(['Pay', 'Account']);
  });
});
