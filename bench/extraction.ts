import { readFileSync } from 'node:fs';
import type { Processes } from '../demo/processes.ts';
import {
  startSandbox,
  storeSecrets,
  passwordReference,
  tokenReference,
  writeRunnerFiles,
  type Place,
  type Sandbox,
} from '../demo/setup.ts';
import { SequentialExtractor } from './sequential.ts';
import { runWorker } from './worker.ts';

const OBJECTS = 1000;
const ROUND_TRIP_MS = 60;
const SEQUENTIAL_SAMPLE = 100;

export type ExtractionFigures = {
  readonly calls_per_1000_objects: number;
  readonly speedup_vs_sequential: number;
  readonly worker_rss_mb: number;
  readonly seconds_1000: number;
  readonly sequential_seconds_1000: number;
  readonly cpu_ms_per_object_1000: number;
};

/**
 * 1,000 objects under the sandbox's model of latency: the bundled worker against one call after the
 * other, in the same run.
 */
export async function benchExtraction(
  processes: Processes,
  place: Place,
): Promise<ExtractionFigures> {
  const sandbox = await startSandbox(processes, place, {
    objects: OBJECTS,
    latencyMs: ROUND_TRIP_MS,
    channel: 'ws',
    json: true,
    keep: false,
  });
  writeRunnerFiles(
    place,
    sandbox,
    { url: 'wss://localhost:1', console: '', caFile: sandbox.caFile, adminTokenFile: '' },
    { objects: OBJECTS, latencyMs: 0, channel: 'ws', json: true, keep: false },
  );
  await storeSecrets(place, sandbox);
  await admin(sandbox, 'POST', '/stats/reset');
  const ours = await runWorker(place, JSON.stringify(salesforceWorkflow(sandbox, {})));
  const stats = (await admin(sandbox, 'GET', '/stats')) as { apiCalls: number };
  const peer = await new SequentialExtractor(sandbox, readFileSync(sandbox.caFile, 'utf8')).run(
    '64.0',
    SEQUENTIAL_SAMPLE,
  );
  return {
    calls_per_1000_objects: (stats.apiCalls * 1000) / peer.objects,
    speedup_vs_sequential: peer.seconds / ours.seconds,
    worker_rss_mb: ours.peakMb,
    seconds_1000: ours.seconds,
    sequential_seconds_1000: peer.seconds,
    cpu_ms_per_object_1000: ours.cpuMs / peer.objects,
  };
}

/** A workflow over the sandbox org, with more `options` of databaseServiceMetadataPipeline. */
export function salesforceWorkflow(
  sandbox: Sandbox,
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return {
    source: {
      type: 'salesforce',
      serviceName: 'sandbox',
      serviceConnection: {
        config: {
          type: 'Salesforce',
          username: sandbox.credentials.username,
          password: passwordReference,
          securityToken: tokenReference,
          salesforceDomain: sandbox.myDomain,
        },
      },
      sourceConfig: { config: { type: 'DatabaseMetadata', ...options } },
    },
    sink: { type: 'file', config: {} },
    workflowConfig: { loggerLevel: 'INFO' },
  };
}

export async function admin(
  sandbox: Sandbox,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(new URL(path, sandbox.adminUrl), {
    method,
    headers: { authorization: `Bearer ${sandbox.adminToken}` },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok)
    throw new Error(`${method} ${path} responded with status ${response.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
