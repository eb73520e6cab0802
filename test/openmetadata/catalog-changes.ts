import { deepStrictEqual } from 'node:assert/strict';
import type { Json } from '../support/openmetadata-server/store.ts';
import { expectTruth } from './expectations.ts';
import type { Flow } from './flow.ts';
import type { Scene } from './scene.ts';

const SCHEMA = 'default.salesforce';
const READS_EVERYTHING = 'full run: ';

interface Change {
  readonly name: string;
  readonly make: (scene: Scene, service: string) => Promise<void>;
}

const CHANGES: readonly Change[] = [
  {
    name: 'columns were edited',
    make: async (scene, service) => {
      const table = await read(scene, `/tables/name/${service}.${SCHEMA}.Account?fields=columns`);
      const columns = (table['columns'] as readonly Json[]).slice(0, 3);
      await patch(scene, `/tables/${String(table['id'])}`, [
        { op: 'replace', path: '/columns', value: columns },
        { op: 'add', path: '/tableConstraints', value: [] },
      ]);
    },
  },
  {
    name: 'a table was deleted',
    make: (scene, service) => remove(scene, 'tables', `${service}.${SCHEMA}.Contact`),
  },
  {
    name: 'the schema was emptied',
    make: (scene, service) => remove(scene, 'databaseSchemas', `${service}.${SCHEMA}`),
  },
];

/**
 * A run that could leave out what has not changed reads everything after a change of the catalog.
 */
export async function catalogChanges(flow: Flow): Promise<void> {
  const { scene, report } = flow;
  const part = 'catalog changes';
  const { id, service, pipeline } = await scene.deployed('changes');
  const readsEverything = async (): Promise<boolean> => {
    deepStrictEqual((await scene.runToEnd(pipeline)).pipelineState, 'success');
    return (await scene.ui.log(pipeline)).includes(READS_EVERYTHING);
  };
  await report.step(part, 'the first run reads everything, the second does not', async () => {
    deepStrictEqual(await readsEverything(), true);
    deepStrictEqual(await readsEverything(), false);
  });
  for (const { name, make } of CHANGES) {
    await report.step(part, `${name}: the next run reads everything`, async () => {
      await make(scene, service);
      deepStrictEqual(await readsEverything(), true);
    });
    await expectTruth(flow, part, service);
  }
  await scene.ui.deleteService(id);
}

async function read({ target }: Scene, path: string): Promise<Json> {
  const { status, body } = await target.admin.get(path);
  if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

async function patch({ target }: Scene, path: string, operations: readonly Json[]): Promise<void> {
  const { status, body } = await target.admin.patch(path, operations);
  if (status !== 200) throw new Error(`PATCH ${path} answered ${status}: ${JSON.stringify(body)}`);
}

async function remove(scene: Scene, collection: string, name: string): Promise<void> {
  const { id } = await read(scene, `/${collection}/name/${name}`);
  const path = `/${collection}/${String(id)}?hardDelete=true&recursive=true`;
  const { status, body } = await scene.target.admin.delete(path);
  if (status !== 200) throw new Error(`DELETE ${path} answered ${status}: ${JSON.stringify(body)}`);
}
