import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Processes } from '../demo/processes.ts';
import type { Place } from '../demo/setup.ts';
import { bundleControlPlane, NODE_OPTIONS } from '../scripts/bundle/control-plane.ts';
import { cpuTimeMs, memoryMb } from './measure.ts';

const RUNNERS = Number(process.env['BENCH_RUNNERS'] ?? 3000);
const JOBS = Number(process.env['BENCH_JOBS'] ?? 2000);
const SETTLE_MS = 5000;
/** One interval of the heartbeats. */
const HEARTBEATS_MS = 15_000;
/** As deep as in the packages: the program finds console and proto from where it is. */
const BUNDLE = join(import.meta.dirname, '../control-plane/dist/server');

const Ready = z.object({ url: z.string(), caFile: z.string(), adminTokenFile: z.string() });
const Dispatched = z.object({
  report: z.literal('dispatched'),
  jobsPerSecond: z.number(),
  p50: z.number(),
  p99: z.number(),
});

/**
 * One control plane, as its packages run it, with 3,000 connected runners: its memory, its commits
 * while nothing but heartbeats arrives, and how many runs a second it hands out.
 */
export async function benchControlPlane(
  processes: Processes,
  place: Place,
): Promise<Record<string, number | null>> {
  const { ready, pid, data } = await startPlane(processes, place);
  await delay(SETTLE_MS);
  const idleMb = memoryMb(pid) ?? null;
  const fleet = fork(join(import.meta.dirname, 'fleet.ts'), [], { serialization: 'json' });
  try {
    await connectFleet(fleet, ready);
    await delay(SETTLE_MS);
    const heartbeatCommits = await commitsIn(HEARTBEATS_MS, data);
    const connectedMb = memoryMb(pid) ?? null;
    const measured = { fleet, pid, data };
    const first = await dispatch(measured);
    await delay(SETTLE_MS);
    const second = await dispatch(measured);
    return {
      dispatch_jobs_per_s_3000: first.jobsPerSecond,
      dispatch_commits_per_job: first.commits,
      dispatch_cpu_ms_per_job: first.cpuMs,
      dispatch_load_cpu_ms_per_job: first.loadMs,
      offer_to_end_p50_ms_3000: first.p50,
      offer_to_end_p99_ms_3000: first.p99,
      dispatch_jobs_per_s_3000_second: second.jobsPerSecond,
      dispatch_cpu_ms_per_job_second: second.cpuMs,
      heartbeat_commits_per_s_3000: heartbeatCommits,
      plane_idle_mb: idleMb,
      plane_kb_per_connection:
        idleMb === null || connectedMb === null ? null : ((connectedMb - idleMb) * 1024) / RUNNERS,
    };
  } finally {
    fleet.kill();
  }
}

interface Measured {
  readonly fleet: ChildProcess;
  /** Of the control plane. */
  readonly pid: number;
  readonly data: string;
}

/** One round of jobs; commits and processor time are those of one job. */
async function dispatch({ fleet, pid, data }: Measured): Promise<
  Pick<z.infer<typeof Dispatched>, 'jobsPerSecond' | 'p50' | 'p99'> & {
    readonly commits: number;
    readonly cpuMs: number;
    readonly loadMs: number;
  }
> {
  const before = { commits: commits(data), cpuMs: cpuTimeMs(pid), loadMs: cpuTimeMs(fleet.pid!) };
  fleet.send('dispatch');
  const { jobsPerSecond, p50, p99 } = Dispatched.parse(await reportOf(fleet));
  return {
    jobsPerSecond,
    p50,
    p99,
    commits: (commits(data) - before.commits) / JOBS,
    cpuMs: (cpuTimeMs(pid) - before.cpuMs) / JOBS,
    loadMs: (cpuTimeMs(fleet.pid!) - before.loadMs) / JOBS,
  };
}

async function startPlane(
  processes: Processes,
  place: Place,
): Promise<{ ready: z.infer<typeof Ready>; pid: number; data: string }> {
  rmSync(BUNDLE, { recursive: true, force: true });
  mkdirSync(BUNDLE, { recursive: true });
  await bundleControlPlane(BUNDLE);
  const data = join(place.directory, 'control-plane');
  const args = [NODE_OPTIONS, join(BUNDLE, 'main.js'), '--data', data];
  const name = 'control plane';
  const ready = Ready.parse(await processes.startAndRead(name, args, place.log('control-plane')));
  return { ready, pid: processes.pids().find((one) => one.name === name)!.pid!, data };
}

async function connectFleet(fleet: ChildProcess, ready: z.infer<typeof Ready>): Promise<void> {
  fleet.send({
    port: Number(new URL(ready.url).port),
    ca: readFileSync(ready.caFile, 'utf8'),
    adminToken: readFileSync(ready.adminTokenFile, 'utf8').trim(),
    runners: RUNNERS,
    jobs: JOBS,
  });
  await reportOf(fleet);
}

/** The next message of the fleet. Throws when it ends first. */
async function reportOf(fleet: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const [message] = (await Promise.race([
    once(fleet, 'message', { signal: ended.signal }),
    once(fleet, 'exit', { signal: ended.signal }).then(() => {
      throw new Error('the load process ended');
    }),
  ]).finally(() => ended.abort())) as [unknown];
  return message;
}

/** Commits a second. */
async function commitsIn(ms: number, data: string): Promise<number> {
  const before = commits(data);
  const started = performance.now();
  await delay(ms);
  return (commits(data) - before) / ((performance.now() - started) / 1000);
}

/** SQLite's own count of commits: the iChange field of the index of its write-ahead log. */
function commits(data: string): number {
  return readFileSync(join(data, 'store.sqlite-shm')).readUInt32LE(8);
}
