import { z } from 'zod';
import type { HealthName } from '../link/health/health.ts';
import { readStatus } from '../observability/status-socket.ts';
import type { Status } from './finding.ts';

/** Loose, because the runner that answers can be older or newer than this program. */
const statusSchema = z.looseObject({
  version: z.string(),
  pid: z.number(),
  health: z.looseObject({ name: z.string(), text: z.string() }),
  identityConflict: z.unknown().optional(),
});

export interface RunningRunner {
  readonly version: string;
  readonly pid: number;
  readonly health: { readonly level: Exclude<Status, 'skip'>; readonly text: string };
  /** Whether another process recently tried to connect with its identity. */
  readonly isIdentityShared: boolean;
}

const LEVELS: Readonly<Record<HealthName, RunningRunner['health']['level']>> = {
  connected: 'pass',
  noPolicy: 'fail',
  drained: 'warn',
  starting: 'warn',
  retrying: 'fail',
  stopping: 'warn',
  stopped: 'fail',
};

/** A newer runner may have words that this program does not know. */
function levelOf(name: string): RunningRunner['health']['level'] {
  return Object.hasOwn(LEVELS, name) ? LEVELS[name as HealthName] : 'warn';
}

/** What the runner behind a status socket says; undefined if none answers. */
export async function runningRunner(
  socket: string,
  signal: AbortSignal,
): Promise<RunningRunner | undefined> {
  const answer = await readStatus(socket, signal).catch(() => undefined);
  const result = statusSchema.safeParse(answer);
  if (!result.success) return undefined;
  const { version, pid, health, identityConflict } = result.data;
  return {
    version,
    pid,
    health: { level: levelOf(health.name), text: health.text },
    isIdentityShared: identityConflict !== undefined,
  };
}
