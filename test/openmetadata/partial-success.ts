import { deepStrictEqual } from 'node:assert/strict';
import type { Flow } from './flow.ts';
import { readCatalog } from './catalog.ts';

/** An object that the user may not read leaves the rest of the catalog whole. */
export async function partialSuccess({ scene, report }: Flow): Promise<void> {
  const { ui, stage, target } = scene;
  const { id, service, pipeline } = await scene.deployed('partial');
  const table = `${service}.default.salesforce.Account`;
  const hasAccount = async (): Promise<boolean> =>
    (await readCatalog(target.bot, service)).tables.has(table);
  await report.step('partial success', 'is reported with what is missing', async () => {
    const match = { path: '/describe', object: 'Account' };
    await stage.admin('POST', '/faults', { match, effect: { kind: 'forbid' } });
    try {
      const { pipelineState, status = [] } = await scene.runToEnd(pipeline);
      const said = JSON.stringify(status);
      deepStrictEqual(pipelineState, 'partialSuccess', said);
      deepStrictEqual(
        status.map(({ name }) => name),
        ['Salesforce', 'OpenMetadata'],
      );
      if (!/"name":"Account".*SALESFORCE_FORBIDDEN/.test(said))
        throw new Error(`the summaries do not name the failure: ${said}`);
      deepStrictEqual(await hasAccount(), false);
    } finally {
      await stage.admin('DELETE', '/faults');
    }
  });
  await report.step('partial success', 'the next run brings it', async () => {
    deepStrictEqual((await scene.runToEnd(pipeline)).pipelineState, 'success');
    deepStrictEqual(await hasAccount(), true);
  });
  await ui.deleteService(id);
}
