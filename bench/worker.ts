import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Place } from '../demo/setup.ts';
import { loadConfig } from '../src/config/load.ts';
import { processContext } from '../src/config/process-context.ts';
import { chooseEnvironment, workerNodeOptions } from '../src/link/workers/worker-environment.ts';
import { systemClock } from '../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../foundation/src/runtime/node-disk.ts';
import { SpoolReader } from '../src/spool/reader.ts';
import { recover } from '../src/spool/recover.ts';
import { revisionAfter } from '../src/worker/state-file.ts';
import type { AttemptRef, RunId } from '../foundation/src/domain/ids.ts';

const root = join(import.meta.dirname, '..');
const READ_BYTES = 1024 * 1024;

const probed = z.object({
  loopP99Ms: z.number(),
  loopMaxMs: z.number(),
  cpuMs: z.number(),
  peakMb: z.number(),
});
const outcomeSchema = z.looseObject({
  kind: z.literal('outcome'),
  status: z.string(),
  counts: z.record(z.string(), z.number()),
});

export interface WorkerRun extends z.infer<typeof probed> {
  readonly seconds: number;
  readonly outcome: z.infer<typeof outcomeSchema>;
  /** Lines written, by `kind` and, for entities, `type`. */
  readonly records: ReadonlyMap<string, number>;
  /** The revision of a catalog that has all records of the run. */
  readonly revision: string;
}

/**
 * Runs one attempt in the bundled worker process, started as the link starts it. Throws if it does
 * not succeed.
 */
export async function runWorker(
  place: Place,
  workflow: string,
  catalogRevision?: string,
): Promise<WorkerRun> {
  const { config } = loadConfig({
    configFile: place.configFile,
    flags: {},
    context: processContext(process.env),
  });
  const directory = mkdtempSync(join(place.directory, 'attempt-'));
  const probeFile = join(directory, 'probe.json');
  const started = performance.now();
  const child = forkWorker(config.jobs.memoryMb, probeFile);
  const ref: AttemptRef = { runId: `bench-${process.pid}` as RunId, attempt: 1, epoch: 0 };
  const job = {
    ref,
    kind: 'metadata',
    workflow,
    deadlineMs: 600_000,
    ...(catalogRevision === undefined ? {} : { catalogRevision }),
  };
  child.send({
    type: 'start',
    job,
    directory,
    segmentBytes: 8 * 1024 * 1024,
    settings: config,
    paused: false,
  });
  child.send({ type: 'lease', endsAt: systemClock.uptime() + job.deadlineMs });
  await once(child, 'exit');
  const seconds = (performance.now() - started) / 1000;
  const measured = probed.parse(JSON.parse(readFileSync(probeFile, 'utf8')));
  const { outcome, records, last } = await readSpool(directory);
  rmSync(directory, { recursive: true });
  if (outcome.status !== 'success')
    throw new Error(`the worker ended with ${JSON.stringify(outcome)}`);
  return { seconds, ...measured, outcome, records, revision: revisionAfter(ref, last) };
}

function forkWorker(memoryMb: number, probeFile: string): ChildProcess {
  return fork(join(root, 'dist/worker/main.js'), [], {
    env: { ...chooseEnvironment(process.env, []), LOOP_PROBE_FILE: probeFile },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'json',
    execArgv: [
      ...workerNodeOptions(memoryMb),
      '--import',
      join(import.meta.dirname, 'loop-probe.js'),
    ],
  });
}

async function readSpool(
  directory: string,
): Promise<Pick<WorkerRun, 'outcome' | 'records'> & { readonly last: string }> {
  const reader = new SpoolReader({
    disk: nodeDisk,
    directory,
    found: await recover(nodeDisk, directory),
  });
  const records = new Map<string, number>();
  let last = '';
  let next = 1;
  for (
    let batch = await reader.read(next, READ_BYTES);
    batch !== undefined;
    batch = await reader.read(next, READ_BYTES)
  ) {
    next += batch.lines.length;
    for (const line of batch.lines) {
      last = Buffer.from(line).toString('utf8');
      const { kind, type } = JSON.parse(last) as { kind: string; type?: string };
      const key = type === undefined ? kind : `${kind} ${type}`;
      records.set(key, (records.get(key) ?? 0) + 1);
    }
  }
  await reader.close();
  return { outcome: outcomeSchema.parse(JSON.parse(last)), records, last };
}
