import type { z } from '@hono/zod-openapi';
import type { Deps } from '../deps.ts';
import { IDENTITY_REMEDY } from '../link/identity.ts';
import type { Conflict, Presence, Registry } from '../link/registry.ts';
import { AUDIT_REMEDY } from '../runners/audit-heads.ts';
import type { AuditSummary } from '../store/audit-head.ts';
import type { Runner } from '../store/store.ts';
import type { RunnerView } from './schemas.ts';

type View = z.infer<typeof RunnerView>;
type Condition = Pick<View, 'condition' | 'conditionMessage'>;

export function runnerView(
  deps: Pick<Deps, 'store' | 'clock'>,
  registry: Registry,
): (runner: Runner) => Promise<View> {
  return async (runner) => (await runnerViews(deps, registry, [runner]))[0]!;
}

export async function runnerViews(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  registry: Registry,
  runners: readonly Runner[],
): Promise<View[]> {
  const audits = await store.read.auditHeads.summaries();
  const now = clock.monotonic();
  return runners.map((runner) => viewOf(runner, registry, audits.get(runner.id), now));
}

function viewOf(
  runner: Runner,
  registry: Registry,
  audit: AuditSummary | undefined,
  now: number,
): View {
  const presence = registry.get(runner.id)?.presence();
  const auditProblem = audit?.problem ?? null;
  return {
    id: runner.id,
    name: runner.name,
    connected: presence !== undefined,
    channel: presence?.channel ?? null,
    version: runner.version,
    platform: runner.platform,
    capacity: presence?.capacity ?? null,
    running: presence?.running ?? null,
    draining: runner.drainReason !== null || (presence?.draining ?? false),
    drainReason: runner.drainReason,
    pool: runner.pool,
    ...conditionOf(registry.conflict(runner.id, now), auditProblem, presence),
    spoolBytes: presence?.spoolBytes ?? null,
    lastSeenAt: registry.lastSeen.of(runner),
    enrolledAt: runner.enrolledAt,
    keySince: runner.keySince,
    revoked: runner.revokedAt !== null,
    auditHead: audit === undefined ? null : { number: audit.number, receivedAt: audit.receivedAt },
    auditProblem,
  };
}

/** The most alarming one. */
function conditionOf(
  conflict: Conflict | undefined,
  auditProblem: string | null,
  presence: Presence | undefined,
): Condition {
  if (conflict !== undefined) return inUseTwice(conflict);
  if (auditProblem !== null)
    return {
      condition: 'AUDIT_TRAIL_CHANGED',
      conditionMessage: `The audit trail was changed: ${auditProblem}. ${AUDIT_REMEDY}`,
    };
  return { condition: presence?.condition ?? '', conditionMessage: '' };
}

function inUseTwice({ at, platform, version }: Conflict): Condition {
  const other = [platform, version].filter((part) => part !== '').join(', ');
  return {
    condition: 'IDENTITY_IN_USE',
    conditionMessage: `Two processes use this identity. Another process (${other}) was rejected, last at ${new Date(at).toISOString()}. ${IDENTITY_REMEDY}`,
  };
}
