import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  ConnectionTest,
  IngestionPipeline,
  RunStatus,
} from '../../test/support/openmetadata-server/ui.ts';
import { ControlPlaneClient } from '../control-plane-client.ts';
import { Processes } from '../processes.ts';
import { startRunner, type Stage } from '../runner.ts';
import {
  passwordReference,
  startControlPlane,
  startSandbox,
  tokenReference,
  type ControlPlane,
  type Sandbox,
} from '../setup.ts';
import { Calls, type Call } from './calls.ts';
import { startDemoServer, type DemoServer } from './server.ts';

export interface OpenMetadataSummary {
  readonly status: string;
  readonly testConnection: string;
  readonly tables: number;
  readonly columns: number;
  readonly lineage: number;
  readonly procedures: number;
  readonly profiles: number;
  readonly seconds: number;
  /** The password as the server keeps it. */
  readonly password: string;
  readonly calls: readonly Call[];
}

interface Play extends Stage {
  readonly calls: Calls;
  readonly server: DemoServer;
  readonly sandbox: Sandbox;
  readonly controlPlane: ControlPlane;
}

const SERVICE = 'sandbox';
const ENDED = ['success', 'partialSuccess', 'failed', 'stopped'];
const LOG_LINES = 6;
const root = join(import.meta.dirname, '../..');

/**
 * From the endpoint to the redeployment, as an operator and a person at OpenMetadata's interface do
 * it.
 */
export async function playOpenMetadata(stage: Stage): Promise<OpenMetadataSummary> {
  const { display, processes, place, options } = stage;
  const calls = new Calls(display);
  display.step(
    `starting a sandbox org with ${options.objects} objects, a control plane and a double of OpenMetadata`,
  );
  const server = await startDemoServer(place, calls);
  try {
    const [sandbox, controlPlane] = await Promise.all([
      startSandbox(processes, place, options),
      startControlPlane(processes, place),
    ]);
    const play: Play = { ...stage, calls, server, sandbox, controlPlane };
    await addEndpoint(play);
    await connectRunner(play);
    const test = await testConnection(play);
    const pipeline = await createPipeline(play);
    const run = await triggerRun(play, pipeline);
    await showLog(play, pipeline);
    await redeploy(play, pipeline);
    const summary = summaryOf(play, test, run);
    showSummary(play, summary);
    return summary;
  } finally {
    await server.close();
  }
}

async function addEndpoint({ display, place, controlPlane, server }: Play): Promise<void> {
  display.step('control-plane openmetadata add: an endpoint for the server');
  const settings = [
    ['--name', 'prod'],
    ['--server', server.double.hostPort],
    ['--ca', server.caFile],
    ['--url', controlPlane.console.replace(/\/$/, '')],
    ['--data', join(place.directory, 'control-plane')],
  ].flat();
  const text = await Processes.run([
    join(root, 'control-plane/src/main.ts'),
    'openmetadata',
    'add',
    '--json',
    ...settings,
  ]);
  const { serverSettings } = JSON.parse(text) as { serverSettings: Record<string, string> };
  for (const [name, value] of Object.entries(serverSettings))
    display.log(`${name}=${name === 'AIRFLOW_PASSWORD' ? '(shown once)' : value}`);
  server.configure(serverSettings, readFileSync(controlPlane.caFile, 'utf8'));
}

async function connectRunner(play: Play): Promise<void> {
  const { controlPlane, sandbox, display, calls, server } = play;
  const client = new ControlPlaneClient(
    controlPlane.console,
    readFileSync(controlPlane.adminTokenFile, 'utf8').trim(),
    readFileSync(controlPlane.caFile, 'utf8'),
  );
  try {
    await startRunner(play, client, sandbox, controlPlane);
  } finally {
    client.close();
  }
  display.step('OpenMetadata asks how its pipeline service is');
  await server.ui.pipelineServiceStatus();
  calls.settle();
}

async function testConnection(play: Play): Promise<ConnectionTest> {
  const { display, calls, server } = play;
  display.step('Add service → Salesforce → Test connection');
  const test = await server.ui.testConnection(connectionOf(play));
  calls.settle();
  for (const { name, passed, message = '' } of test.steps)
    display.log(`${passed ? '✓' : '✗'} ${name}: ${message.split('\n').join(' · ')}`);
  return test;
}

async function createPipeline(play: Play): Promise<IngestionPipeline> {
  const { display, calls, server } = play;
  display.step('the service is saved, a pipeline added for three in the morning, and deployed');
  const id = await server.ui.createService(SERVICE, connectionOf(play));
  const pipeline = await server.ui.createPipeline(id, `${SERVICE}-metadata`, {}, '0 3 * * *');
  await server.ui.deploy(pipeline);
  calls.settle();
  return pipeline;
}

async function triggerRun(play: Play, pipeline: IngestionPipeline): Promise<RunStatus> {
  const { display, calls, server } = play;
  display.step('Run: the runner extracts, the control plane writes to OpenMetadata');
  await server.ui.trigger(pipeline);
  for (;;) {
    const [latest] = await server.ui.statuses(pipeline);
    if (latest !== undefined && ENDED.includes(latest.pipelineState)) {
      calls.settle();
      display.log(`the run is ${latest.pipelineState}`);
      return latest;
    }
    await delay(1_500);
  }
}

async function showLog({ display, calls, server }: Play, pipeline: IngestionPipeline) {
  display.step('Logs');
  const lines = (await server.ui.log(pipeline)).trimEnd().split('\n');
  calls.settle();
  for (const line of lines.slice(-LOG_LINES)) display.log(line.slice(0, 150));
}

/** One change in the interface deploys several times, an old version among them. */
async function redeploy({ display, calls, server }: Play, pipeline: IngestionPipeline) {
  display.step('the schedule is changed twice: OpenMetadata deploys again and again by itself');
  for (const value of ['0 4 * * *', '0 5 * * *'])
    await server.ui.patch(pipeline, [
      { op: 'replace', path: '/airflowConfig/scheduleInterval', value },
    ]);
  calls.settle();
}

function connectionOf({ sandbox }: Play): Record<string, unknown> {
  return {
    type: 'Salesforce',
    username: sandbox.credentials.username,
    password: passwordReference,
    securityToken: tokenReference,
    salesforceDomain: sandbox.myDomain,
  };
}

function summaryOf(
  { server, calls }: Play,
  test: ConnectionTest,
  run: RunStatus,
): OpenMetadataSummary {
  const { store, state } = server.double;
  const tables = store.all('table');
  const columns = tables.flatMap((table) => table['columns'] as readonly unknown[]);
  const service = store.get('databaseService', SERVICE)['connection'] as {
    readonly config: Readonly<Record<string, unknown>>;
  };
  return {
    status: run.pipelineState,
    testConnection: test.result,
    tables: tables.length,
    columns: columns.length,
    lineage: state.lineage.size,
    procedures: store.all('storedProcedure').length,
    profiles: state.profiles.size,
    seconds: ((run.endDate ?? 0) - (run.startDate ?? 0)) / 1000,
    password: service.config['password'] as string,
    calls: calls.all,
  };
}

function showSummary({ display, calls }: Play, summary: OpenMetadataSummary): void {
  const number = (value: number): string => value.toLocaleString('en');
  display.table([
    ['status', summary.status],
    ['test connection', summary.testConnection],
    ['tables in OpenMetadata', number(summary.tables)],
    ['columns', number(summary.columns)],
    ['lineage edges', number(summary.lineage)],
    ['procedures with code', number(summary.procedures)],
    ['profiles', number(summary.profiles)],
    ['password as OpenMetadata keeps it', summary.password],
    ['calls OpenMetadata → control plane', number(calls.count('OpenMetadata', 'control plane'))],
    ['calls control plane → OpenMetadata', number(calls.count('control plane', 'OpenMetadata'))],
    ['run', `${summary.seconds.toFixed(1)} s`],
  ]);
}
