import { setTimeout as delay } from 'node:timers/promises';
import { deepStrictEqual } from 'node:assert/strict';
import type { IngestionPipeline } from '../support/openmetadata-server/ui.ts';
import type { Json } from '../support/openmetadata-server/store.ts';
import { readCatalog, versionsOf } from './catalog.ts';
import { controlPlaneRestarted, linkCut, runnerKilled, serverRestarted } from './disturbances.ts';
import { catalogChanges } from './catalog-changes.ts';
import { connectionTests } from './connection-tests.ts';
import { downtime } from './downtime.ts';
import { expectRefused, expectTruth } from './expectations.ts';
import { partialSuccess } from './partial-success.ts';
import { peoplesWork } from './peoples-work.ts';
import { settingsOfOneRun } from './settings-of-one-run.ts';
import { restoredFromBackup } from './restored.ts';
import type { Flow, Part } from './flow.ts';
import type { Scene } from './scene.ts';

/** In order; each leaves the runner connected. */
export const PARTS: readonly Part[] = [
  { name: 'connection tests', run: connectionTests },
  { name: 'refusals', run: refusals },
  { name: 'a run by hand', run: runByHand },
  { name: 'kill', run: kill },
  { name: 'schedule', run: schedule },
  { name: 'partial success', run: partialSuccess },
  { name: 'settings of one run', run: settingsOfOneRun },
  { name: 'work of people', run: peoplesWork },
  { name: 'catalog changes', run: catalogChanges },
  { name: 'downtime', run: downtime },
  { name: 'runner killed', run: runnerKilled },
  { name: 'link cut', run: linkCut },
  { name: 'control plane restarted', run: controlPlaneRestarted },
  {
    name: 'server restarted',
    obstacle: ({ scene }) =>
      scene.target.restart === undefined ? 'no --restart-command' : undefined,
    run: serverRestarted,
  },
  {
    name: 'server restored',
    obstacle: ({ scene }) =>
      scene.target.backUp === undefined ? 'no --backup-command and --restore-command' : undefined,
    run: restoredFromBackup,
  },
  { name: 'deletion', run: deletion },
];

async function refusals({ scene, report }: Flow): Promise<void> {
  const { ui } = scene;
  await report.step('refusals', 'a service with a password in plain text', async () => {
    const name = scene.name('plain');
    const id = await ui.createService(name, scene.connection({ password: 'in plain text' }));
    const pipeline = await ui.createPipeline(id, `${name}-metadata`);
    await expectRefused(ui.deploy(pipeline), /password.*(plain|reference)/i);
    await ui.deleteService(id);
  });
  await report.step('refusals', 'a run, as a failed run that says why', async () => {
    const { id, pipeline } = await scene.deployed('refused');
    await scene.target.admin.send('PATCH', `/services/databaseServices/${id}`, [
      { op: 'add', path: '/connection/config/password', value: 'in plain text' },
    ]);
    const { pipelineState, status } = await scene.runToEnd(pipeline);
    deepStrictEqual(pipelineState, 'failed');
    const said = JSON.stringify(status);
    if (!/secrets in plain text: password/.test(said)) throw new Error(`no words: ${said}`);
    await ui.deleteService(id);
  });
  await report.step('refusals', 'pipelines of other types', async () => {
    const name = scene.name('types');
    const id = await ui.createService(name, scene.connection());
    for (const [pipelineType, type] of [
      ['profiler', 'Profiler'],
      ['autoClassification', 'AutoClassification'],
      ['usage', 'DatabaseUsage'],
      ['lineage', 'DatabaseLineage'],
    ] as const) {
      const more = { pipelineType, sourceConfig: { config: { type } } };
      const pipeline = await ui.createPipeline(id, `${name}-${pipelineType}`, more);
      const [answer] = await ui.bulkDeploy(pipeline);
      report.note(`${pipelineType}: ${String(answer?.['code'])} ${String(answer?.['reason'])}`);
      if (answer?.['code'] === 200) continue;
      if (!/not needed/i.test(String(answer?.['reason'])))
        throw new Error(`${pipelineType} is refused without saying why: ${JSON.stringify(answer)}`);
    }
    await ui.deleteService(id);
  });
}

async function runByHand(flow: Flow): Promise<void> {
  const { scene, report } = flow;
  const step = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    report.step('a run by hand', name, work);
  const { service, id, pipeline } = await step('add service, deploy', () =>
    scene.deployed('by-hand'),
  );
  await step('the password stays a reference, masked for people', async () => {
    const path = `/services/databaseServices/name/${service}`;
    const password = ({ body }: { body: Json }): unknown =>
      ((body['connection'] as Json)['config'] as Json)['password'];
    deepStrictEqual(password(await scene.target.admin.get(path)), '*********');
  });
  await step('trigger, log while it runs, success', () => triggerAndRead(scene, pipeline));
  await expectTruth(flow, 'a run by hand', service);
  await step('a second run changes nothing', async () => {
    const before = versionsOf(await readCatalog(scene.target.bot, service));
    const since = Date.now();
    deepStrictEqual((await scene.runToEnd(pipeline)).pipelineState, 'success');
    report.note(`from the trigger to success ${(Date.now() - since) / 1000} s`);
    deepStrictEqual(versionsOf(await readCatalog(scene.target.bot, service)), before);
  });
  await step('delete', async () => scene.ui.deleteService(id));
}

async function triggerAndRead(scene: Scene, pipeline: IngestionPipeline): Promise<void> {
  const { ui } = scene;
  const before = await scene.runIds(pipeline);
  await ui.trigger(pipeline);
  await scene.statusWhen(pipeline, 'a run to be queued or running', ({ runId, pipelineState }) => {
    return !before.has(runId) && ['queued', 'running', 'success'].includes(pipelineState);
  });
  let during = '';
  const end = scene.endOfNext(pipeline, before).finally(() => (during ||= '-'));
  while (during === '') {
    during = await ui.log(pipeline);
    await delay(100);
  }
  const { pipelineState, status = [] } = await end;
  const log = await ui.log(pipeline);
  deepStrictEqual(pipelineState, 'success', `the log ends: ${log.slice(-800)}`);
  if (during === '-') throw new Error('the log was empty while the run was in progress');
  const names = status.map(({ name }) => name);
  if (names.length < 2) throw new Error(`a status has the steps ${names.join(', ')}`);
  if (log.length < during.length) throw new Error('the log has become shorter');
}

async function kill({ scene, report }: Flow): Promise<void> {
  const { id, pipeline } = await scene.deployed('kill');
  await report.step('kill', 'a run in progress', async () => {
    const before = await scene.runIds(pipeline);
    await scene.ui.trigger(pipeline);
    await scene.statusWhen(pipeline, 'a run to begin', ({ runId }) => !before.has(runId));
    await scene.ui.kill(pipeline);
    const { pipelineState } = await scene.endOfNext(pipeline, before);
    if (!['stopped', 'failed', 'success'].includes(pipelineState))
      throw new Error(`a killed run is ${pipelineState}`);
    report.note(`the run is ${pipelineState}`);
  });
  await report.step('kill', 'nothing in progress', () => scene.ui.kill(pipeline));
  await scene.ui.deleteService(id);
}

async function schedule({ scene, report }: Flow): Promise<void> {
  const { id, pipeline } = await scene.deployed('schedule', '0 3 * * *');
  await report.step('schedule', 'toggle off and on, then every minute', async () => {
    await scene.ui.toggle(pipeline);
    await scene.ui.toggle(pipeline);
    await scene.ui.patch(pipeline, [
      { op: 'replace', path: '/airflowConfig/scheduleInterval', value: '* * * * *' },
    ]);
    const { enabled, deployed } = await scene.ui.pipeline(pipeline);
    deepStrictEqual({ enabled, deployed }, { enabled: true, deployed: true });
  });
  await report.step('schedule', 'a run by itself', async () => {
    const status = await scene.endOfNext(pipeline, new Set());
    deepStrictEqual(status.pipelineState, 'success');
  });
  await report.step('schedule', 'debug level', async () => {
    await scene.ui.patch(pipeline, [{ op: 'add', path: '/loggerLevel', value: 'DEBUG' }]);
  });
  await report.step('schedule', 'off: none for 70 seconds', async () => {
    await scene.ui.toggle(pipeline);
    await delay(5_000);
    const before = await scene.runIds(pipeline);
    await delay(65_000);
    deepStrictEqual(await scene.runIds(pipeline), before);
  });
  await scene.ui.deleteService(id);
}

async function deletion({ scene, report }: Flow): Promise<void> {
  const { id, service, pipeline } = await scene.deployed('deletion');
  const isKnown = async (): Promise<boolean> => {
    const { services } = await scene.stage.client.call<{ services: { name: string }[] }>(
      'GET',
      '/api/v1/services',
    );
    return services.some(({ name }) => name === service);
  };
  await report.step('deletion', 'a pipeline, which the control plane forgets', async () => {
    await scene.stage.waitFor('the deployment to take effect', isKnown, 60_000);
    await scene.ui.deletePipeline(pipeline);
    await scene.stage.waitFor(
      'the service to be forgotten',
      async () => !(await isKnown()),
      60_000,
    );
  });
  await report.step('deletion', 'the service', () => scene.ui.deleteService(id));
}
