import { readFileSync } from 'node:fs';
import type { Processes } from '../demo/processes.ts';
import {
  startSandbox,
  storeSecrets,
  writeRunnerFiles,
  type Place,
  type Sandbox,
} from '../demo/setup.ts';
import { admin, salesforceWorkflow } from './extraction.ts';
import { SequentialExtractor } from './sequential.ts';
import { median } from './measure.ts';
import { runWorker, type WorkerRun } from './worker.ts';

const ROUND_TRIP_MS = 60;
const SEQUENTIAL_SAMPLE = 200;
/** Whole runs over the large org. The machine has neighbors, so time and memory are the median's, and the processor's time the least. */
const WHOLE_RUNS = 3;
/** All parts of an extraction but the profile. */
const EVERYTHING = {
  includeTags: true,
  includeOwners: true,
  includeStoredProcedures: true,
  includeDDL: true,
};

interface Measured extends WorkerRun {
  readonly calls: number;
}

/** Whole runs of the bundled worker over large orgs: a first one, one after nothing changed, one after three objects did. */
export async function benchLargeExtraction(
  processes: Processes,
  newPlace: () => Place,
): Promise<Record<string, number>> {
  const small = await benchOrg(processes, newPlace(), 1000, (run) => repeat(() => run(false)));
  const large = await benchOrg(processes, newPlace(), 3000, async (run, sandbox) => {
    const whole = [...(await repeat(() => run(false), WHOLE_RUNS - 1)), await run(true)];
    const peer = await new SequentialExtractor(sandbox, readFileSync(sandbox.caFile, 'utf8')).run(
      '64.0',
      SEQUENTIAL_SAMPLE,
      true,
    );
    const unchanged = await run(true);
    await admin(
      sandbox,
      'POST',
      '/org',
      ['Account', 'Contact', 'Case'].map((object) => ({
        kind: 'renameObject',
        object,
        label: `${object} of the bench`,
      })),
    );
    return { whole, peer, unchanged, changed: await run(true) };
  });
  const { whole, peer, unchanged, changed } = large;
  return {
    full_calls_3000: Math.max(...whole.map(({ calls }) => calls)),
    full_seconds_3000: median(whole.map(({ seconds }) => seconds)),
    full_speedup_3000: peer.seconds / median(whole.map(({ seconds }) => seconds)),
    unchanged_calls: unchanged.calls,
    unchanged_seconds: unchanged.seconds,
    three_changed_calls: changed.calls,
    three_changed_seconds: changed.seconds,
    cpu_ms_per_object: Math.min(...whole.map(({ cpuMs }) => cpuMs)) / peer.objects,
    cpu_ms_per_object_median: median(whole.map(({ cpuMs }) => cpuMs)) / peer.objects,
    rss_mb_3000: median(whole.map(({ peakMb }) => peakMb)),
    rss_mb_1000: median(small.map(({ peakMb }) => peakMb)),
    loop_p99_ms: median(whole.map(({ loopP99Ms }) => loopP99Ms)),
  };
}

async function repeat(run: () => Promise<Measured>, times = WHOLE_RUNS): Promise<Measured[]> {
  const runs: Measured[] = [];
  for (let count = 0; count < times; count++) runs.push(await run());
  return runs;
}

async function benchOrg<T>(
  processes: Processes,
  place: Place,
  objects: number,
  work: (run: (incremental: boolean) => Promise<Measured>, sandbox: Sandbox) => Promise<T>,
): Promise<T> {
  const options = {
    objects,
    latencyMs: ROUND_TRIP_MS,
    channel: 'ws',
    json: true,
    keep: false,
  } as const;
  const sandbox = await startSandbox(processes, place, options);
  writeRunnerFiles(
    place,
    sandbox,
    { url: 'wss://localhost:1', console: '', caFile: sandbox.caFile, adminTokenFile: '' },
    options,
  );
  await storeSecrets(place, sandbox);
  /** The options of a job are part of what it is remembered by: after a run that is not incremental, one that is reads everything. */
  const workflow = (incremental: boolean): string =>
    JSON.stringify(
      salesforceWorkflow(sandbox, {
        ...EVERYTHING,
        ...(incremental ? {} : { incremental: { enabled: false } }),
      }),
    );
  let revision: string | undefined;
  const run = async (incremental: boolean): Promise<Measured> => {
    await admin(sandbox, 'POST', '/stats/reset');
    const finished = await runWorker(place, workflow(incremental), revision);
    revision = finished.revision;
    const { apiCalls } = (await admin(sandbox, 'GET', '/stats')) as { apiCalls: number };
    return { ...finished, calls: apiCalls };
  };
  const result = await work(run, sandbox);
  await processes.stopAll();
  return result;
}
