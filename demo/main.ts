import { createWriteStream, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ControlPlaneClient, type Run } from './control-plane-client.ts';
import { Display } from './display.ts';
import { playOpenMetadata } from './openmetadata/play.ts';
import { readOptions, USAGE } from './options.ts';
import { Processes } from './processes.ts';
import { startRunner, type Stage } from './runner.ts';
import { showSummary, summarize, type Summary } from './summary.ts';
import {
  keep,
  passwordReference,
  preparePlace,
  startControlPlane,
  startSandbox,
  tokenReference,
  type ControlPlane,
  type Sandbox,
} from './setup.ts';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const stage: Stage = {
    options,
    display: new Display(process.stderr),
    processes: new Processes(),
    place: preparePlace(),
  };
  const interrupt = (): void => void stage.processes.stopAll().finally(() => process.exit(130));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  let kept = false;
  try {
    if (options.openMetadata) return await playWithOpenMetadata(stage);
    const { summary, controlPlane } = await play(stage);
    if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else showSummary(stage.display, summary);
    if (options.keep) {
      kept = true;
      showNextSteps(stage, controlPlane);
    }
    process.exitCode = summary.status === 'success' ? 0 : 1;
  } finally {
    if (kept) stage.processes.release();
    else await stage.processes.stopAll();
  }
}

async function playWithOpenMetadata(stage: Stage): Promise<void> {
  const summary = await playOpenMetadata(stage);
  if (stage.options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  process.exitCode = summary.status === 'success' ? 0 : 1;
}

async function play(stage: Stage): Promise<{ summary: Summary; controlPlane: ControlPlane }> {
  const { display, processes, place, options } = stage;
  display.step(`starting a sandbox org with ${options.objects} objects and a control plane`);
  const [sandbox, controlPlane] = await Promise.all([
    startSandbox(processes, place, options),
    startControlPlane(processes, place),
  ]);
  const client = new ControlPlaneClient(
    controlPlane.console,
    readFileSync(controlPlane.adminTokenFile, 'utf8').trim(),
    readFileSync(controlPlane.caFile, 'utf8'),
  );
  try {
    await startRunner(stage, client, sandbox, controlPlane);
    await createService(client, sandbox);
    const test = await follow(
      stage,
      client,
      'testing the connection',
      '/api/v1/services/sandbox/test-connection',
    );
    const run = await follow(
      stage,
      client,
      'ingesting metadata',
      '/api/v1/pipelines/sandbox-metadata/runs',
    );
    await pipeline(
      await client.download(`/api/v1/runs/${run.result.id}/records?limit=1000000`),
      createWriteStream(place.resultFile),
    );
    return {
      summary: summarize(place.resultFile, test.result, run.result, run.seconds),
      controlPlane,
    };
  } finally {
    client.close();
  }
}

async function createService(client: ControlPlaneClient, sandbox: Sandbox): Promise<void> {
  await client.call('PUT', '/api/v1/services/sandbox', {
    type: 'Salesforce',
    connection: {
      type: 'Salesforce',
      username: sandbox.credentials.username,
      password: passwordReference,
      securityToken: tokenReference,
      salesforceDomain: sandbox.myDomain,
    },
  });
  await client.call('PUT', '/api/v1/pipelines/sandbox-metadata', {
    service: 'sandbox',
    sourceConfig: { type: 'DatabaseMetadata' },
  });
}

/** Starts a run and shows its progress until it ends. */
async function follow(
  stage: Stage,
  client: ControlPlaneClient,
  what: string,
  path: string,
): Promise<{ result: Run; seconds: number }> {
  const { display } = stage;
  display.step(what);
  const started = performance.now();
  const { id } = await client.call<Run>('POST', path);
  let shown = 0;
  for await (const { event, data } of client.events(id)) {
    if (event === 'progress')
      display.progress(
        String(data['phase']),
        Number(data['done']),
        Number(data['total']),
        Number(data['apiCalls']),
      );
    if (event === 'log') display.log(`${String(data['level'])} ${String(data['message'])}`);
    if (event === 'state') shown = showSteps(display, data as unknown as Run, shown);
  }
  display.endProgress();
  const result = await client.call<Run>('GET', `/api/v1/runs/${id}`);
  if (result.error !== null)
    display.log(`✗ ${result.error.code}: ${result.error.message}\n      → ${result.error.remedy}`);
  return { result, seconds: (performance.now() - started) / 1000 };
}

/** Shows the steps of a connection test after the first `shown`, and returns their number. */
function showSteps(display: Display, { testConnection }: Run, shown: number): number {
  const steps = testConnection?.steps ?? [];
  for (const { name, passed, message, remedy } of steps.slice(shown))
    display.log(
      `${passed ? '✓' : '✗'} ${name}: ${message}${remedy === null ? '' : `\n      → ${remedy}`}`,
    );
  return steps.length;
}

function showNextSteps(stage: Stage, controlPlane: ControlPlane): void {
  const { display, place, processes } = stage;
  const config = relative(process.cwd(), place.configFile);
  const pids = processes.pids().flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  keep(place.directory, pids);
  display.step('everything keeps running');
  display.log(
    `console       ${controlPlane.console} (its certificate is signed by ${relative(process.cwd(), controlPlane.caFile)})`,
  );
  display.log(`admin token   cat ${relative(process.cwd(), controlPlane.adminTokenFile)}`);
  display.log(`try           node bin/hybrid-runner.js status --config ${config}`);
  display.log(`              node bin/hybrid-runner.js secrets list --config ${config}`);
  display.log(`              node bin/hybrid-runner.js config show --config ${config}`);
  display.log(`to stop       kill ${pids.join(' ')}`);
}

main().catch((thrown: unknown) => {
  process.stderr.write(`demo: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
});
