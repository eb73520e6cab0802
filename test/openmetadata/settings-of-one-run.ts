import { deepStrictEqual } from 'node:assert/strict';
import { readCatalog } from './catalog.ts';
import type { Flow } from './flow.ts';

/** The client of a server passes settings with a trigger; the interface has no field for them. */
export async function settingsOfOneRun({ scene, report }: Flow): Promise<void> {
  const { id, service, pipeline } = await scene.deployed('settings');
  await report.step('settings of one run', 'apply to it, and not to the next', async () => {
    const config = { tableFilterPattern: { includes: ['^Account$'] } };
    const { pipelineState, config: shown } = await scene.runToEnd(pipeline, () =>
      scene.asServer.trigger(pipeline.name, config),
    );
    deepStrictEqual({ pipelineState, shown }, { pipelineState: 'success', shown: config });
    const tables = async (): Promise<number> =>
      (await readCatalog(scene.target.bot, service)).tables.size;
    deepStrictEqual(await tables(), 1);
    deepStrictEqual((await scene.runToEnd(pipeline)).pipelineState, 'success');
    if ((await tables()) < 2) throw new Error('the next run has the settings, too');
  });
  await scene.ui.deleteService(id);
}
