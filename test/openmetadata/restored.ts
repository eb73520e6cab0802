import { deepStrictEqual } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { readCatalog } from './catalog.ts';
import { expectTruth } from './expectations.ts';
import type { Flow } from './flow.ts';

const PART = 'server restored';
const OBJECT = 'Account';
const FIELD = 'Restored__c';
/** The org's clock has seconds. */
const TICK_MS = 1_100;

/** A run after the server was restored brings what the backup lacks. */
export async function restoredFromBackup(flow: Flow): Promise<void> {
  const { scene, report } = flow;
  const { id, service, pipeline } = await scene.deployed('restored');
  const run = async (): Promise<string> => {
    deepStrictEqual((await scene.runToEnd(pipeline)).pipelineState, 'success');
    return scene.ui.log(pipeline);
  };
  const hasColumn = async (): Promise<boolean> => {
    const { tables } = await readCatalog(scene.target.bot, service);
    const columns = tables.get(`${service}.default.salesforce.${OBJECT}`)?.['columns'];
    return JSON.stringify(columns).includes(`"${FIELD}"`);
  };
  const field = (kind: string, what: unknown): Promise<unknown> =>
    scene.stage.admin('POST', '/org', { kind, object: OBJECT, field: what });
  await run();
  const restore = await scene.target.backUp!();
  await delay(TICK_MS);
  await field('addField', { name: FIELD, type: 'string' });
  try {
    await delay(2 * TICK_MS);
    await report.step(PART, 'the server loses what a run has written since', async () => {
      await run();
      deepStrictEqual(await hasColumn(), true);
      await restore();
      deepStrictEqual(await hasColumn(), false);
    });
    await report.step(PART, 'the next run reads everything and brings it back', async () => {
      deepStrictEqual((await run()).includes('full run: '), true);
      deepStrictEqual(await hasColumn(), true);
    });
  } finally {
    await delay(TICK_MS);
    await field('removeField', FIELD);
  }
  await report.step(PART, 'the run after it is incremental', async () => {
    deepStrictEqual((await run()).includes('full run: '), false);
    deepStrictEqual(await hasColumn(), false);
  });
  await expectTruth(flow, PART, service);
  await scene.ui.deleteService(id);
}
