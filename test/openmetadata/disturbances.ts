import { deepStrictEqual } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { expectTruth } from './expectations.ts';
import type { Flow } from './flow.ts';

/**
 * A run with something done to it ends in success, and the catalog is whole and has nothing twice.
 */
async function disturbed(
  flow: Flow,
  part: string,
  suffix: string,
  disturb: () => Promise<void>,
): Promise<void> {
  const { scene, report } = flow;
  const { service, id, pipeline } = await scene.deployed(suffix);
  await report.step(part, 'the run succeeds all the same', async () => {
    const before = await scene.runIds(pipeline);
    await scene.ui.trigger(pipeline);
    await scene.statusWhen(
      pipeline,
      'a run to be in progress',
      ({ runId, pipelineState }) => !before.has(runId) && pipelineState === 'running',
    );
    await disturb();
    const { pipelineState } = await scene.endOfNext(pipeline, before);
    deepStrictEqual(pipelineState, 'success', await scene.ui.log(pipeline).catch(String));
    deepStrictEqual((await scene.runIds(pipeline)).size, 1, 'one trigger is one run');
  });
  await expectTruth(flow, part, service);
  await scene.ui.deleteService(id);
}

export async function runnerKilled(flow: Flow): Promise<void> {
  const { stage } = flow.scene;
  await disturbed(flow, 'runner killed', 'runner', async () => {
    await stage.stopRunner(undefined, 'SIGKILL');
    await stage.startRunner();
  });
}

export async function linkCut(flow: Flow): Promise<void> {
  const { link } = flow.scene;
  await disturbed(flow, 'link cut', 'link', async () => {
    link.freeze();
    link.cut();
    await delay(2_000);
    link.thaw();
    link.cut();
  });
}

export async function controlPlaneRestarted(flow: Flow): Promise<void> {
  const { stage } = flow.scene;
  await disturbed(flow, 'control plane restarted', 'control-plane', async () => {
    await stage.controlPlaneProgram.end('SIGKILL');
    await stage.startControlPlane();
  });
}

export async function serverRestarted(flow: Flow): Promise<void> {
  const { restart } = flow.scene.target;
  await disturbed(flow, 'server restarted', 'server', () => restart!());
}
