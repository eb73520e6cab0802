import { statfs } from 'node:fs/promises';
import { trailSize } from '../../audit/files.ts';
import { auditDirectory } from '../../audit/trail.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import type { ConnectionState } from '../../link/connection/connection-state.ts';
import { HEALTH_NAMES, healthOf, isMoving } from '../../link/health/health.ts';
import type { LinkStatus } from '../../link/health/link-status.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import type { Probe } from '../../observability/metrics/server.ts';
import type { Sample } from '../../observability/metrics/table.ts';
import { version } from '../version.ts';
import type { Runner } from './compose-runner.ts';
import type { Shown } from './observability.ts';
import type { PolicyWatch } from './policy-watch.ts';

const CONDITIONS = ['DISK_FULL', 'SPOOL_FULL'] as const;

/** What a running service shows: its gauges, whether it lives, whether it can take a job. */
export function gaugesOf(
  { link, syslog }: Runner,
  policy: PolicyWatch,
  config: Pick<RunnerConfig, 'stateDir' | 'spool'>,
  clock: Clock,
): Shown {
  const startedAt = clock.now() - process.uptime() * 1000;
  return {
    gauges: async () => {
      const status = link.status();
      return [
        ...ofProcess(startedAt),
        ...ofConnection(status, policy, clock.now()),
        ...ofAttempts(status, config, clock.now()),
        ...(await ofDisk(config.stateDir)),
        ...(await ofAuditTrail(config.stateDir)),
        ...(await ofSyslog(syslog)),
      ];
    },
    live: () => liveness(link.status(), clock.now()),
    ready: () => readiness(link.status(), policy),
  };
}

/** A link that has ended, or hangs, is not alive; one without a connection is. */
function liveness(status: LinkStatus, now: number): Probe {
  const ok = status.state.name !== 'stopped' && isMoving(status, now);
  return { ok, word: ok ? 'alive' : 'stuck' };
}

/** Whether the next offer would be taken, if a slot is free. */
function readiness(status: LinkStatus, policy: PolicyWatch): Probe {
  const { name } = healthOf(status, policy.problem);
  const condition = name === 'connected' ? status.condition : undefined;
  return { ok: name === 'connected' && condition === undefined, word: condition ?? name };
}

function ofProcess(startedAt: number): readonly Sample[] {
  const { user, system } = process.cpuUsage();
  return [
    { name: 'build', labels: { version: version(), node: process.versions.node }, value: 1 },
    { name: 'memory', value: process.memoryUsage.rss() },
    { name: 'startTime', value: startedAt / 1000 },
    { name: 'cpu', value: (user + system) / 1e6 },
  ];
}

function ofConnection(status: LinkStatus, policy: PolicyWatch, now: number): readonly Sample[] {
  const { state } = status;
  const connection = state.name === 'draining' ? state.connection : state;
  const { name } = healthOf(status, policy.problem);
  return [
    { name: 'connected', value: Number(connection.name === 'connected') },
    { name: 'connectionSince', value: sinceOf(connection, now) / 1000 },
    ...HEALTH_NAMES.map((word): Sample => ({
      name: 'health',
      labels: { state: word },
      value: Number(word === name),
    })),
  ];
}

function sinceOf(connection: ConnectionState | { readonly name: 'stopped' }, now: number): number {
  if (connection.name === 'stopped') return now;
  return connection.name === 'connected' ? connection.since : connection.outage.since;
}

function ofAttempts(
  { attempts, capacity, running, spoolBytes, condition }: LinkStatus,
  { spool }: Pick<RunnerConfig, 'spool'>,
  now: number,
): readonly Sample[] {
  const oldest = Math.min(...attempts.map(({ undeliveredSince = now }) => undeliveredSince), now);
  const memory = attempts.reduce((sum, { residentBytes = 0 }) => sum + residentBytes, 0);
  return [
    { name: 'capacity', value: capacity },
    { name: 'running', value: running },
    { name: 'held', value: attempts.length },
    { name: 'spoolBytes', value: spoolBytes },
    { name: 'spoolLimit', value: spool.maxBytes },
    { name: 'oldestRecord', value: (now - oldest) / 1000 },
    { name: 'workerMemory', value: memory },
    ...CONDITIONS.map((code): Sample => ({
      name: 'condition',
      labels: { code },
      value: Number(code === condition),
    })),
  ];
}

/** A file system that cannot be read has no figures. */
async function ofDisk(directory: string): Promise<readonly Sample[]> {
  try {
    const { bavail, blocks, bsize } = await statfs(directory);
    return [
      { name: 'diskFree', value: bavail * bsize },
      { name: 'diskSize', value: blocks * bsize },
    ];
  } catch {
    return [];
  }
}

/** A trail that cannot be read has no size. */
async function ofAuditTrail(stateDir: string): Promise<readonly Sample[]> {
  try {
    const { bytes } = await trailSize(nodeDisk, auditDirectory(stateDir));
    return [{ name: 'auditTrail', value: bytes }];
  } catch {
    return [];
  }
}

async function ofSyslog(syslog: Runner['syslog']): Promise<readonly Sample[]> {
  if (syslog === undefined) return [];
  try {
    const { lines, seconds } = await syslog.backlog();
    return [
      { name: 'auditSyslogLines', value: lines },
      { name: 'auditSyslogAge', value: seconds },
    ];
  } catch {
    return [];
  }
}
