import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlPlaneClient, type Run } from '../demo/control-plane-client.ts';
import type { Processes } from '../demo/processes.ts';
import {
  enroll,
  passwordReference,
  runnerProgram,
  startControlPlane,
  startSandbox,
  storeSecrets,
  tokenReference,
  writeRunnerFiles,
  type ControlPlane,
  type Place,
  type Sandbox,
} from '../demo/setup.ts';
import { ALLOCATOR } from '../foundation/src/runtime/allocator.ts';
import { memoryMb } from './measure.ts';

const OPTIONS = { objects: 300, latencyMs: 0, channel: 'ws', json: true, keep: false } as const;
const SETTLE_MS = 5_000;
const AFTER_RUN_MS = 15_000;

/**
 * Resident memory of an idle link with the environment of the service: a few seconds after it has
 * connected, and after a run.
 */
export async function benchIdle(
  processes: Processes,
  place: Place,
): Promise<{ idle_rss_mb: number | null; idle_after_run_mb: number | null }> {
  const sandbox = await startSandbox(processes, place, OPTIONS);
  const controlPlane = await startControlPlane(processes, place);
  const client = new ControlPlaneClient(
    controlPlane.console,
    readFileSync(controlPlane.adminTokenFile, 'utf8').trim(),
    readFileSync(controlPlane.caFile, 'utf8'),
  );
  try {
    await startRunner(processes, place, { sandbox, controlPlane, client });
    await delay(SETTLE_MS);
    const idle = memoryOfRunner(processes);
    await extract(client, sandbox);
    await delay(AFTER_RUN_MS);
    return { idle_rss_mb: idle, idle_after_run_mb: memoryOfRunner(processes) };
  } finally {
    client.close();
  }
}

interface Surroundings {
  readonly sandbox: Sandbox;
  readonly controlPlane: ControlPlane;
  readonly client: ControlPlaneClient;
}

/** Returns when it is connected. */
async function startRunner(
  processes: Processes,
  place: Place,
  { sandbox, controlPlane, client }: Surroundings,
): Promise<void> {
  writeRunnerFiles(place, sandbox, controlPlane, OPTIONS);
  const { token } = await client.call<{ token: string }>('POST', '/api/v1/enrollment-tokens', {});
  await enroll(place, controlPlane, token);
  await storeSecrets(place, sandbox);
  const args = [runnerProgram, 'run', '--config', place.configFile];
  processes.start('runner', args, place.log('runner'), ALLOCATOR);
  while (!(await isConnected(client))) await delay(100);
}

async function isConnected(client: ControlPlaneClient): Promise<boolean> {
  const { runners } = await client.call<{ runners: { connected: boolean }[] }>(
    'GET',
    '/api/v1/runners',
  );
  return runners.some(({ connected }) => connected);
}

function memoryOfRunner(processes: Processes): number | null {
  const pid = processes.pids().find(({ name }) => name === 'runner')?.pid;
  return pid === undefined ? null : (memoryMb(pid) ?? null);
}

/** Returns when the run has ended. Throws unless it succeeds. */
async function extract(client: ControlPlaneClient, sandbox: Sandbox): Promise<void> {
  await client.call('PUT', '/api/v1/services/bench', {
    type: 'Salesforce',
    connection: {
      type: 'Salesforce',
      username: sandbox.credentials.username,
      password: passwordReference,
      securityToken: tokenReference,
      salesforceDomain: sandbox.myDomain,
    },
  });
  const pipeline = { service: 'bench', sourceConfig: { type: 'DatabaseMetadata' } };
  await client.call('PUT', '/api/v1/pipelines/bench', pipeline);
  const { id } = await client.call<Run>('POST', '/api/v1/pipelines/bench/runs');
  for await (const event of client.events(id)) void event;
  const { state, error } = await client.call<Run>('GET', `/api/v1/runs/${id}`);
  if (state !== 'success') throw new Error(`the run ended as ${state}: ${error?.message}`);
}
