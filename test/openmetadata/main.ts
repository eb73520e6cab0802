import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOptions, USAGE, type FlowOptions } from './options.ts';
import type { Flow } from './flow.ts';
import { PARTS } from './parts.ts';
import { Report } from './report.ts';
import { Recorder } from './recording/recorder.ts';
import { Scene, type Addresses } from './scene.ts';
import { openTarget, type Target } from './target.ts';
import { readTruth, type Truth } from './truth.ts';

/*
 * `npm run test:openmetadata`: the flow of OpenMetadata's interface, against a real server or its
 * double. Ends with 1 when a part failed; parts after it run all the same.
 */

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') return void process.stdout.write(USAGE);
  const target = await openTarget(options);
  try {
    const report = new Report((line) => process.stderr.write(`${line}\n`));
    await play(options, target, report);
    if (options.json) process.stdout.write(`${JSON.stringify({ steps: report.steps })}\n`);
    process.exitCode = report.failed.length === 0 ? 0 : 1;
  } finally {
    await target.close();
  }
}

async function play(options: FlowOptions, target: Target, report: Report): Promise<void> {
  process.stderr.write(`against ${target.what}, ${options.objects} objects\n`);
  const scene = await Scene.open(options, target);
  const interrupt = (): void => void scene.close().finally(() => process.exit(130));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  let truth: Promise<Truth> | undefined;
  const flow: Flow = { scene, report, truth: () => (truth ??= readTruth(scene)) };
  const recorder = recorderOf(options, scene);
  try {
    await report.step('set-up', 'endpoint, healthy pipeline service', () => setUp(scene, recorder));
    recorder?.keep('set-up');
    for (const part of PARTS.filter(({ name }) => name.includes(options.only))) {
      const obstacle = part.obstacle?.(flow);
      if (obstacle === undefined)
        await part.run(flow).catch(() => report.note(scene.output().slice(-3_000)));
      else report.note(`${part.name} is left out: ${obstacle}`);
      recorder?.keep(part.name);
    }
  } finally {
    await scene.close();
    await recorder?.close();
  }
}

function recorderOf({ record }: FlowOptions, scene: Scene): Recorder | undefined {
  if (record === undefined) return undefined;
  const { credentials, myDomain } = scene.stage.sandbox;
  const names = {
    [scene.prefix]: 'flow',
    [credentials.username]: 'user@acme.example',
    [myDomain]: 'acme.my',
  };
  const recorder = new Recorder({ directory: record, names });
  recorder.watch(scene.target.admin);
  return recorder;
}

/** With a recorder between control plane and server, in both directions. */
async function addressesThrough(recorder: Recorder, scene: Scene): Promise<Addresses> {
  const { server, caFile, url, controlPlaneCa } = scene.addresses();
  const file = (name: string, text: string): string => {
    const path = join(scene.stage.place.directory, name);
    writeFileSync(path, text);
    return path;
  };
  const toServer = await recorder.beforeServer(server, caFile);
  const toControlPlane = await recorder.beforeControlPlane(url, controlPlaneCa);
  return {
    server: `${toServer.origin}/api`,
    caFile: file('server-recorder.pem', toServer.caPem),
    url: toControlPlane.origin,
    controlPlaneCa: file('control-plane-recorder.pem', toControlPlane.caPem),
  };
}

async function setUp(scene: Scene, recorder: Recorder | undefined): Promise<void> {
  const addresses =
    recorder === undefined ? scene.addresses() : await addressesThrough(recorder, scene);
  const added = await scene.addEndpoint(addresses);
  const settings = { ...added, SERVER_HOST_API_URL: addresses.server };
  await scene.target.configure(settings, addresses.controlPlaneCa);
  await scene.stage.startRunner();
  const status = await scene.ui.pipelineServiceStatus();
  if (status['code'] !== 200) throw new Error(JSON.stringify(status));
}

main().catch((thrown: unknown) => {
  process.stderr.write(
    `test:openmetadata: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`,
  );
  process.exitCode = 1;
});
