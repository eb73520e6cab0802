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

/** Resident memory of a connected link with nothing to do, a few seconds after it connected. */
export async function benchIdle(
  processes: Processes,
  place: Place,
): Promise<{ idle_rss_mb: number | null }> {
  const controlPlane = await startControlPlane(processes, place);
  const nothing = {
    port: 1,
    caFile: controlPlane.caFile,
    myDomain: 'acme.my',
    hosts: [],
    credentials: { username: '', password: '', securityToken: '' },
    adminUrl: '',
    adminToken: '',
  };
  writeRunnerFiles(place, nothing, controlPlane, {
    objects: 1,
    latencyMs: 0,
    channel: 'ws',
    json: true,
    keep: false,
  });
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
  const connected = async (): Promise<boolean> => {
    const { runners } = await client.call<{ runners: { connected: boolean }[] }>(
      'GET',
      '/api/v1/runners',
    );
    return runners.some((runner) => runner.connected);
  };
  while (!(await connected())) await delay(100);
  await delay(5000);
  client.close();
  const pid = processes.pids().find(({ name }) => name === 'runner')?.pid;
  return { idle_rss_mb: pid === undefined ? null : (memoryMb(pid) ?? null) };
}
