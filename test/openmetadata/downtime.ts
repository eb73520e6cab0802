import { deepStrictEqual } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Flow } from './flow.ts';

const MINUTE_MS = 60_000;
/** For the deployment to take effect before the control plane goes away. */
const QUIET_MS = 10_000;

/** A slot that passes while the control plane is down starts once when it is back. */
export async function downtime({ scene, report }: Flow): Promise<void> {
  const { ui, stage } = scene;
  const slot = Math.ceil((Date.now() + 2 * QUIET_MS) / MINUTE_MS) * MINUTE_MS;
  const at = new Date(slot);
  const schedule = `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
  const { id, pipeline } = await scene.deployed('downtime', schedule);
  await delay(QUIET_MS);
  await report.step('downtime', 'a missed schedule starts once', async () => {
    await stage.controlPlaneProgram.end('SIGKILL');
    await delay(Math.max(0, slot - Date.now()) + QUIET_MS);
    deepStrictEqual((await ui.statuses(pipeline).catch(() => [])).length, 0);
    await stage.startControlPlane();
    const { pipelineState } = await scene.endOfNext(pipeline, new Set());
    deepStrictEqual(pipelineState, 'success');
  });
  await report.step('downtime', 'and not again', async () => {
    await delay(MINUTE_MS + QUIET_MS);
    deepStrictEqual((await scene.runIds(pipeline)).size, 1);
  });
  await ui.deleteService(id);
}
