import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../fake-runner.ts';
import { accept, finish, linesOf, PARENTS, table } from './relay-attempt.ts';
import { FQN, RelayStage } from './relay-stage.ts';

let scene: RelayStage;
let runner: Connection;
beforeEach(async () => {
  scene = await RelayStage.open();
  await scene.deploy();
  runner = await scene.runner();
  await run();
});
afterEach(() => scene.close());

const ACCOUNT = 'crm.default.salesforce.Account';

/** Runs the pipeline; whether the runner had to read everything. */
async function run(lines = linesOf('Account', 'Contact')): Promise<boolean> {
  const id = await scene.trigger();
  const { ref, catalogRevision } = await accept(runner);
  await finish(runner, ref, lines);
  await scene.relayIs(id, 'done');
  return catalogRevision === '';
}

describe('catalog of OpenMetadata', () => {
  it.each([
    ['nothing happened', (): void => undefined, false],
    [
      'a person edited a description',
      () => {
        const { store } = scene.server;
        store.patch(store.get('table', ACCOUNT), [
          { op: 'add', path: '/columns/0/description', value: 'ours' },
        ]);
      },
      false,
    ],
    [
      'something else changed columns',
      () => {
        const { store } = scene.server;
        const columns = [{ name: 'Other', dataType: 'INT' }];
        store.patch(store.get('table', ACCOUNT), [
          { op: 'replace', path: '/columns', value: columns },
        ]);
      },
      true,
    ],
    [
      'a table was deleted and another made',
      () => {
        const { store } = scene.server;
        store.hardDelete('table', ACCOUNT, true);
        const databaseSchema = 'crm.default.salesforce';
        store.put('table', { name: 'Made', databaseSchema, columns: [] });
      },
      true,
    ],
    ['a table was deleted', () => scene.server.store.softDelete('table', ACCOUNT, false), true],
    [
      'the service was emptied',
      () => scene.server.store.hardDelete('database', 'crm.default', true),
      true,
    ],
    [
      'the server was restored from a backup',
      () => scene.server.pipelining.runs.get(FQN)!.clear(),
      true,
    ],
  ] as readonly (readonly [string, () => unknown, boolean])[])(
    'when %s, tells whether the next run is a full run',
    async (_what, change, fullRun) => {
      change();
      expect(await run()).toBe(fullRun);
      expect(scene.server.store.all('table').filter(({ deleted }) => !deleted)).not.toEqual([]);
      expect(scene.server.store.get('table', ACCOUNT)).toMatchObject({ deleted: false });
    },
  );

  it('is unknown when the server does not report its changes; the run is a full run', async () => {
    scene.server.faults.push({ on: /^GET \/events/, status: 404 });
    expect(await run()).toBe(true);
    expect(await run()).toBe(false);
  });

  it('is unknown after a run with rejected records; the next run is a full run', async () => {
    const account = JSON.parse(table('Account')) as { readonly request: Readonly<object> };
    const request = { ...account.request, columns: [{ name: 'Extra__c', dataType: 'INT' }] };
    const changed = [...PARENTS, JSON.stringify({ ...account, request }), table('Contact')];
    const rejected = { body: /Extra__c/, status: 400, times: 20 };
    scene.server.faults.push({ on: /^PUT \/tables/, ...rejected });
    expect(await run(changed)).toBe(false);
    expect(scene.statuses.at(-1)).toMatchObject({ pipelineState: 'partialSuccess' });
    scene.server.faults.length = 0;
    expect(await run()).toBe(true);
    expect(await run()).toBe(false);
  });
});

describe('overrideMetadata', () => {
  it('makes every run a full run, and replaces edits of users', async () => {
    const { store } = scene.server;
    const patch = [{ op: 'add' as const, path: '/description', value: 'ours' }];
    store.asPerson(() => store.patch(store.get('table', ACCOUNT), patch));
    expect(await run()).toBe(false);
    expect(store.get('table', ACCOUNT)['description']).toBe('ours');
    const sourceConfig = { config: { type: 'DatabaseMetadata', overrideMetadata: true } };
    const path = `/services/ingestionPipelines/${scene.pipelineId}`;
    const operations = [{ op: 'replace', path: '/sourceConfig', value: sourceConfig }];
    await scene.expect('PATCH', path, operations);
    await scene.redeploy();
    expect(await run()).toBe(true);
    expect(store.get('table', ACCOUNT)['description']).toBe('All about Account');
  });
});
