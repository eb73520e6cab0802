import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlPlaneClient } from '../demo/control-plane-client.ts';
import type { Processes } from '../demo/processes.ts';
import {
  enroll,
  runnerProgram,
  startControlPlane,
  writeRunnerFiles,
  type Place,
} from '../demo/setup.ts';
import { memoryMb } from './measure.ts';

const OPTIONS = { objects: 1, latencyMs: 0, channel: 'ws', json: true, keep: false } as const;
const NO_SANDBOX = {
  port: 1,
  myDomain: 'acme.my',
  hosts: [],
  credentials: { username: '', password: '', securityToken: '' },
  adminUrl: '',
  adminToken: '',
};

/** Resident memory of an idle link, a few seconds after it has connected. */
export async function benchIdle(
  processes: Processes,
  place: Place,
): Promise<{ idle_rss_mb: number | null }> {
  const controlPlane = await startControlPlane(processes, place);
  writeRunnerFiles(place, { ...NO_SANDBOX, caFile: controlPlane.caFile }, controlPlane, OPTIONS);
  const client = new ControlPlaneClient(
    controlPlane.console,
    readFileSync(controlPlane.adminTokenFile, 'utf8').trim(),
    readFileSync(controlPlane.caFile, 'utf8'),
  );
  const { token } = await client.call<{ token: string }>('POST', '/api/v1/enrollment-tokens', {});
  await enroll(place, controlPlane, token);
  processes.start(
    'runner',
    [runnerProgram, 'run', '--config', place.configFile],
    place.log('runner'),
  );
  while (!(await isConnected(client))) await delay(100);
  await delay(5000);
  client.close();
  const pid = processes.pids().find(({ name }) => name === 'runner')?.pid;
  return { idle_rss_mb: pid === undefined ? null : (memoryMb(pid) ?? null) };
}

async function isConnected(client: ControlPlaneClient): Promise<boolean> {
  const { runners } = await client.call<{ runners: { connected: boolean }[] }>(
    'GET',
    '/api/v1/runners',
  );
  return runners.some(({ connected }) => connected);
}
