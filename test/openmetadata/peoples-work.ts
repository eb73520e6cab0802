import { deepStrictEqual } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Json } from '../support/openmetadata-server/store.ts';
import type { Flow } from './flow.ts';
import { readCatalog } from './catalog.ts';
import type { Scene } from './scene.ts';

const SCHEMA = 'default.salesforce';
const WRITTEN = {
  description: 'People wrote this.',
  displayName: 'Our name',
  column: 'A column of people.',
};
const TAGS = ['PII.Sensitive', 'Tier.Tier2'].map((tagFQN) => ({
  tagFQN,
  source: 'Classification',
  labelType: 'Manual',
  state: 'Confirmed',
}));
/** The org's clock has seconds. */
const TICK_MS = 1_100;

interface Work {
  readonly description: unknown;
  readonly displayName: unknown;
  readonly owners: readonly unknown[];
  readonly tags: readonly unknown[];
  readonly column: unknown;
  readonly columnTags: readonly unknown[];
}

/** A column that the source describes, and its table. */
interface Place {
  readonly service: string;
  readonly object: string;
  readonly column: string;
}

/** What people write stays, also in a table that a run writes, until the source is to win. */
export async function peoplesWork({ scene, report }: Flow): Promise<void> {
  const step = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    report.step('work of people', name, work);
  const { ui, stage } = scene;
  const { id, service, pipeline } = await scene.deployed('people');
  const run = async (): Promise<void> =>
    deepStrictEqual((await scene.runToEnd(pipeline)).pipelineState, 'success');
  await run();
  const place = await placeIn(scene, service);
  const source = await workOn(scene, place);
  const overriding = (value: boolean): Promise<unknown> =>
    ui.patch(pipeline, [{ op: 'add', path: '/sourceConfig/config/overrideMetadata', value }]);
  const edited = await step('a person edits a table and a column', () => edit(scene, place));
  await step('overrideMetadata: the source wins, though it is unchanged', async () => {
    await overriding(true);
    await run();
    // Display names stay: the policy of the server's bot forbids it to change them.
    const { description = edited.description, column } = source;
    deepStrictEqual(await workOn(scene, place), { ...edited, description, column });
    await overriding(false);
  });
  const { object } = place;
  const field = 'Later__c';
  try {
    await step('stays when the table is written again', async () => {
      const again = await edit(scene, place);
      await delay(TICK_MS);
      const later = { name: field, type: 'string' };
      await stage.admin('POST', '/org', { kind: 'addField', object, field: later });
      // A field that is younger than the list of objects is not in the count that deletions change.
      await delay(2 * TICK_MS);
      await run();
      deepStrictEqual(await hasColumn(scene, { ...place, column: field }), true);
      deepStrictEqual(await workOn(scene, place), again);
    });
  } finally {
    await delay(TICK_MS);
    await stage.admin('POST', '/org', { kind: 'removeField', object, field });
  }
  await step('a removed field takes its column along', async () => {
    await run();
    deepStrictEqual(await hasColumn(scene, { ...place, column: field }), false);
  });
  await ui.deleteService(id);
}

async function placeIn(scene: Scene, service: string): Promise<Place> {
  const { tables } = await readCatalog(scene.target.bot, service);
  for (const table of tables.values()) {
    const column = columnsOf(table).find(({ description }) => Boolean(description));
    if (column !== undefined)
      return { service, object: String(table['name']), column: String(column['name']) };
  }
  throw new Error('the source describes no column');
}

async function edit(scene: Scene, place: Place): Promise<Work> {
  const { admin } = scene.target;
  const table = await tableOf(scene, place);
  const { body: person } = await admin.get('/users/name/admin');
  const at = columnsOf(table).findIndex(({ name }) => name === place.column);
  const names = new Set<unknown>(TAGS.map(({ tagFQN }) => tagFQN));
  const kept = ((table['tags'] ?? []) as readonly Json[]).filter(
    ({ tagFQN }) => !names.has(tagFQN),
  );
  const { status, body } = await admin.patch(`/tables/${String(table['id'])}`, [
    { op: 'add', path: '/description', value: WRITTEN.description },
    { op: 'add', path: '/displayName', value: WRITTEN.displayName },
    { op: 'add', path: '/owners', value: [{ id: person['id'], type: 'user' }] },
    { op: 'add', path: '/tags', value: [...kept, ...TAGS] },
    { op: 'add', path: `/columns/${at}/description`, value: WRITTEN.column },
    { op: 'add', path: `/columns/${at}/tags`, value: TAGS.slice(0, 1) },
  ]);
  if (status !== 200) throw new Error(`the edit is refused: ${JSON.stringify(body)}`);
  const work = await workOn(scene, place);
  const { description, displayName, column } = work;
  deepStrictEqual({ description, displayName, column }, WRITTEN);
  return work;
}

async function workOn(scene: Scene, place: Place): Promise<Work> {
  const table = await tableOf(scene, place);
  const column = columnsOf(table).find(({ name }) => name === place.column);
  const names = (list: unknown, field: string): string[] =>
    ((list ?? []) as readonly Json[]).map((item) => String(item[field])).sort();
  return {
    description: table['description'],
    displayName: table['displayName'],
    owners: names(table['owners'], 'id'),
    tags: names(table['tags'], 'tagFQN'),
    column: column?.['description'],
    columnTags: names(column?.['tags'], 'tagFQN'),
  };
}

async function hasColumn(scene: Scene, place: Place): Promise<boolean> {
  return columnsOf(await tableOf(scene, place)).some(({ name }) => name === place.column);
}

async function tableOf({ target }: Scene, { service, object }: Place): Promise<Json> {
  const { tables } = await readCatalog(target.bot, service);
  return tables.get(`${service}.${SCHEMA}.${object}`)!;
}

function columnsOf(table: Json): readonly Json[] {
  return (table['columns'] ?? []) as readonly Json[];
}
