import { readFileSync } from 'node:fs';
import type { Processes } from '../demo/processes.ts';
import { startSandbox, storeSecrets, writeRunnerFiles, type Place, type Sandbox } from '../demo/setup.ts';
import { admin, salesforceWorkflow } from './extraction.ts';
import { SequentialExtractor } from './sequential.ts';
import { runWorker, type WorkerRun } from './worker.ts';

const ROUND_TRIP_MS = 60;
const SEQUENTIAL_SAMPLE = 200;
/** All parts of an extraction but the profile. */
const EVERYTHING = { includeTags: true, includeOwners: true, includeStoredProcedures: true, includeDDL: true };

interface Measured extends WorkerRun {
  readonly calls: number;
}

/** Whole runs of the bundled worker over large orgs: a first one, one after nothing changed, one after three objects did. */
export async function benchLargeExtraction(processes: Processes, newPlace: () => Place): Promise<Record<string, number>> {
  const small = await benchOrg(processes, newPlace(), 1000, async (run) => ({ first: await run() }));
  const large = await benchOrg(processes, newPlace(), 3000, async (run, sandbox) => {
    const first = await run();
    const peer = await new SequentialExtractor(sandbox, readFileSync(sandbox.caFile, 'utf8')).run('64.0', SEQUENTIAL_SAMPLE, true);
    const unchanged = await run();
    await admin(sandbox, 'POST', '/org', ['Account', 'Contact', 'Case'].map((object) => ({ kind: 'renameObject', object, label: `${object} of the bench` })));
    return { first, peer, unchanged, changed: await run() };
  });
  const { first, peer, unchanged, changed } = large;
  return {
    full_calls_3000: first.calls,
    full_seconds_3000: first.seconds,
    full_speedup_3000: peer.seconds / first.seconds,
    unchanged_calls: unchanged.calls,
    unchanged_seconds: unchanged.seconds,
    three_changed_calls: changed.calls,
    three_changed_seconds: changed.seconds,
    cpu_ms_per_object: first.cpuMs / peer.objects,
    rss_mb_3000: first.peakMb,
    rss_mb_1000: small.first.peakMb,
    loop_p99_ms: first.loopP99Ms,
  };
}

async function benchOrg<T>(processes: Processes, place: Place, objects: number, work: (run: () => Promise<Measured>, sandbox: Sandbox) => Promise<T>): Promise<T> {
  const options = { objects, latencyMs: ROUND_TRIP_MS, channel: 'ws', json: true, keep: false } as const;
  const sandbox = await startSandbox(processes, place, options);
  writeRunnerFiles(place, sandbox, { url: 'wss://localhost:1', console: '', caFile: sandbox.caFile, adminTokenFile: '' }, options);
  await storeSecrets(place, sandbox);
  const workflow = JSON.stringify(salesforceWorkflow(sandbox, EVERYTHING));
  const run = async (): Promise<Measured> => {
    await admin(sandbox, 'POST', '/stats/reset');
    const finished = await runWorker(place, workflow);
    const { apiCalls } = (await admin(sandbox, 'GET', '/stats')) as { apiCalls: number };
    return { ...finished, calls: apiCalls };
  };
  const result = await work(run, sandbox);
  await processes.stopAll();
  return result;
}
