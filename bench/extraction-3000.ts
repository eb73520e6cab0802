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
import { DescribeFloor } from './floor.ts';
import { SequentialExtractor } from './sequential.ts';
import { median } from './measure.ts';
import { runWorker, type WorkerRun } from './worker.ts';

const ROUND_TRIP_MS = 60;
const SEQUENTIAL_SAMPLE = 200;
/**
 * Whole runs over the large org. The machine has neighbors, so time and memory are the median's,
 * and the processor's time the least.
 */
const FULL_RUNS = 3;
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

interface SecondRuns {
  readonly unchanged: Measured;
  readonly changed: Measured;
  /** The same in an org that does not filter fields by date. */
  readonly unfiltered: Measured;
}

interface LargeRuns extends SecondRuns {
  readonly full: readonly Measured[];
  /** Processor time of the floor, in milliseconds, before each full run. */
  readonly floorMs: readonly number[];
  readonly peer: { readonly seconds: number; readonly objects: number };
}

/**
 * Runs of the bundled worker over large orgs: full runs, a run without changes, a run after changes
 * to three objects.
 */
export async function benchLargeExtraction(
  processes: Processes,
  newPlace: () => Place,
): Promise<Record<string, number>> {
  const small = await benchOrg(processes, newPlace(), 1000, (run) => repeat(() => run(false)));
  const { full, floorMs, peer, unchanged, changed, unfiltered } = await benchOrg(
    processes,
    newPlace(),
    3000,
    largeRuns,
  );
  const cpuMs = Math.min(...full.map((run) => run.cpuMs));
  return {
    full_calls_3000: Math.max(...full.map(({ calls }) => calls)),
    full_seconds_3000: median(full.map(({ seconds }) => seconds)),
    full_speedup_3000: peer.seconds / median(full.map(({ seconds }) => seconds)),
    unchanged_calls: unchanged.calls,
    unchanged_seconds: unchanged.seconds,
    three_changed_calls: changed.calls,
    three_changed_seconds: changed.seconds,
    three_changed_calls_unfiltered: unfiltered.calls,
    three_changed_seconds_unfiltered: unfiltered.seconds,
    cpu_ms_per_object: cpuMs / peer.objects,
    cpu_ms_per_object_median: median(full.map((run) => run.cpuMs)) / peer.objects,
    cpu_vs_floor: cpuMs / Math.min(...floorMs),
    floor_cpu_ms_per_object: Math.min(...floorMs) / peer.objects,
    rss_mb_3000: median(full.map(({ peakMb }) => peakMb)),
    rss_mb_1000: median(small.map(({ peakMb }) => peakMb)),
    loop_p99_ms: median(full.map(({ loopP99Ms }) => loopP99Ms)),
  };
}

async function largeRuns(run: Run, sandbox: Sandbox, place: Place): Promise<LargeRuns> {
  const { full, floorMs } = await fullRuns(run, sandbox, place);
  const extractor = new SequentialExtractor(sandbox, readFileSync(sandbox.caFile, 'utf8'));
  const peer = await extractor.run('64.0', SEQUENTIAL_SAMPLE, true);
  return { full, floorMs, peer, ...(await secondRuns(run, sandbox)) };
}

async function secondRuns(run: Run, sandbox: Sandbox): Promise<SecondRuns> {
  const unchanged = await run(true);
  await changeThree(sandbox, 'once');
  const changed = await run(true);
  await admin(sandbox, 'POST', '/faults', WITHOUT_DATE_FILTER);
  // The first run learns that the filter is not to be used.
  await changeThree(sandbox, 'twice');
  await run(true);
  await changeThree(sandbox, 'again');
  return { unchanged, changed, unfiltered: await run(true) };
}

/** Rejects a comparison with a date, as Salesforce's guide says of another one. */
const WITHOUT_DATE_FILTER = {
  match: { path: 'FROM\\+FieldDefinition.*LastModifiedDate\\+(?:>|%3E)' },
  effect: {
    kind: 'respond',
    status: 400,
    body: [{ errorCode: 'MALFORMED_QUERY', message: 'Only equals comparisons permitted' }],
  },
};

async function changeThree(sandbox: Sandbox, label: string): Promise<void> {
  const changes = ['Account', 'Contact', 'Case'].map((object) => ({
    kind: 'renameObject',
    object,
    label: `${object} ${label}`,
  }));
  await admin(sandbox, 'POST', '/org', changes);
}

/** Full runs, each after a run of the floor. The last one leaves incremental state. */
async function fullRuns(
  run: Run,
  sandbox: Sandbox,
  place: Place,
): Promise<Pick<LargeRuns, 'full' | 'floorMs'>> {
  const floor = new DescribeFloor(place);
  await floor.record(sandbox);
  const full: Measured[] = [];
  const floorMs: number[] = [];
  for (let count = 1; count <= FULL_RUNS; count++) {
    floorMs.push(await floor.cpuMs());
    full.push(await run(count === FULL_RUNS));
  }
  return { full, floorMs };
}

async function repeat(run: () => Promise<Measured>): Promise<Measured[]> {
  const runs: Measured[] = [];
  for (let count = 0; count < FULL_RUNS; count++) runs.push(await run());
  return runs;
}

/** One run of the worker. An incremental run is based on the previous one. */
type Run = (incremental: boolean) => Promise<Measured>;

async function benchOrg<T>(
  processes: Processes,
  place: Place,
  objects: number,
  work: (run: Run, sandbox: Sandbox, place: Place) => Promise<T>,
): Promise<T> {
  const options = {
    objects,
    latencyMs: ROUND_TRIP_MS,
    channel: 'ws',
    json: true,
    keep: false,
  } as const;
  const sandbox = await startSandbox(processes, place, options);
  const { caFile } = sandbox;
  const controlPlane = { url: 'wss://localhost:1', console: '', caFile, adminTokenFile: '' };
  writeRunnerFiles(place, sandbox, controlPlane, options);
  await storeSecrets(place, sandbox);
  const result = await work(measuredRun(place, sandbox), sandbox, place);
  await processes.stopAll();
  return result;
}

function measuredRun(place: Place, sandbox: Sandbox): Run {
  let revision: string | undefined;
  return async (incremental) => {
    await admin(sandbox, 'POST', '/stats/reset');
    const finished = await runWorker(place, workflow(sandbox, incremental), revision);
    revision = finished.revision;
    const { apiCalls } = (await admin(sandbox, 'GET', '/stats')) as { apiCalls: number };
    return { ...finished, calls: apiCalls };
  };
}

/**
 * Incremental state is kept by job options, so the first incremental run after one that is not is a
 * full run.
 */
function workflow(sandbox: Sandbox, incremental: boolean): string {
  const options = { ...EVERYTHING, ...(incremental ? {} : { incremental: { enabled: false } }) };
  return JSON.stringify(salesforceWorkflow(sandbox, options));
}
