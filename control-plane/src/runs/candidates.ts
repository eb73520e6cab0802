import type { ConnectedRunner, Presence } from '../link/registry.ts';
import type { Runner } from '../store/store.ts';
import type { Run } from './run.ts';
import { absent, type Wait } from './wait.ts';

export interface CandidateInput {
  readonly runners: readonly Runner[];
  readonly connected: readonly ConnectedRunner[];
}

export interface IndexedInput extends CandidateInput {
  /** The runners by id. */
  readonly byId: ReadonlyMap<string, Runner>;
}

interface Candidate {
  readonly runner: Runner;
  readonly session: ConnectedRunner;
  readonly presence: Presence;
}

/** A condition that a runner must meet, and why the run waits when no runner meets it. */
interface Requirement {
  readonly met: (run: Run, candidate: Candidate) => boolean;
  readonly unmet: (names: string, run: Run, candidates: readonly Candidate[]) => Wait;
}

const REQUIREMENTS: readonly Requirement[] = [
  {
    met: (run, { runner }) => !run.rejectedBy.includes(runner.id),
    unmet: (names) =>
      absent(
        'REJECTED',
        `${names} rejected the run permanently`,
        'Connect another runner, or cancel the run.',
      ),
  },
  {
    met: (_run, { runner, presence }) => runner.drainReason === null && !presence.draining,
    unmet: (names) =>
      absent(
        'RUNNER_DRAINING',
        `${names} takes no new runs (draining)`,
        'Resume the runner, or connect another.',
      ),
  },
  {
    met: (_run, { presence }) => presence.condition === '',
    unmet: (names, _run, candidates) =>
      absent(
        'RUNNER_UNHEALTHY',
        `${names} reports ${conditionsOf(candidates)}`,
        'Check the status of the runner.',
      ),
  },
  {
    met: (run, { presence }) => presence.jobKinds.includes(run.kind),
    unmet: (names, { kind }) =>
      absent(
        'KIND_UNSUPPORTED',
        `${names} does not support jobs of kind ${kind}`,
        'Update the runner.',
      ),
  },
];

/** Connected runners that could take the run if they had capacity, or why there are none. */
export function candidatesFor(run: Run, input: IndexedInput): ConnectedRunner[] | Wait {
  const missing = pinnedRunnerMissing(run, input.runners);
  if (missing !== undefined) return missing;
  const present = presentFor(run, input);
  const suitable = present.filter((candidate) =>
    REQUIREMENTS.every(({ met }) => met(run, candidate)),
  );
  return suitable.length > 0 ? sessionsOf(suitable) : noneSuitable(run, present, input);
}

/** Connected runners that the run may go to. */
function presentFor(run: Run, { byId, connected }: IndexedInput): Candidate[] {
  const present: Candidate[] = [];
  for (const session of connected) {
    const runner = byId.get(session.runnerId);
    if (runner !== undefined && isEligible(run, runner))
      present.push({ runner, session, presence: session.presence() });
  }
  return present;
}

/** Why none of them can take the run: the first requirement that leaves none. */
function noneSuitable(
  run: Run,
  present: readonly Candidate[],
  { runners, byId }: IndexedInput,
): Wait {
  let candidates = present;
  for (const { met, unmet } of REQUIREMENTS) {
    const remaining = candidates.filter((candidate) => met(run, candidate));
    if (candidates.length > 0 && remaining.length === 0)
      return unmet(namesOf(sessionsOf(candidates), byId), run, present);
    candidates = remaining;
  }
  return notConnected(
    run,
    runners.filter((runner) => isEligible(run, runner)),
  );
}

/** Whether the run may go to this runner, which has not rejected it permanently. */
export function canTake(run: Run, runner: Pick<Runner, 'id' | 'name' | 'pool'>): boolean {
  return isEligible(run, runner) && !run.rejectedBy.includes(runner.id);
}

export function namesOf(
  sessions: readonly ConnectedRunner[],
  byId: ReadonlyMap<string, Runner>,
): string {
  return sessions.map(({ runnerId }) => byId.get(runnerId)?.name ?? runnerId).join(', ');
}

function pinnedRunnerMissing(run: Run, runners: readonly Runner[]): Wait | undefined {
  if (run.pinnedTo === null) return undefined;
  const pinned = runners.filter((runner) => isPinned(run, runner));
  if (pinned.length === 0)
    return absent(
      'RUNNER_MISSING',
      `waiting for runner ${run.pinnedTo}, which is not enrolled`,
      'Enroll a runner of this name, or choose another one for the service and start the run again.',
    );
  if (!pinned.some((runner) => isInPool(run, runner)))
    return absent(
      'POOL_DIFFERS',
      `waiting for runner ${pinned[0]!.name} in pool ${run.pool}, but it is in pool ${pinned[0]!.pool}`,
      'Move the runner to the pool of the service, or remove the pool or the runner from the service and start the run again.',
    );
  if (pinned.some(({ revokedAt }) => revokedAt === null)) return undefined;
  return absent(
    'RUNNER_REVOKED',
    `waiting for runner ${run.pinnedTo}, which has been revoked`,
    'Choose another runner for the service and start the run again.',
  );
}

function notConnected(run: Run, eligible: readonly Runner[]): Wait {
  if (run.pinnedTo === null) return noneConnected(run.pool);
  const lastSeenAt = Math.max(...eligible.map((runner) => runner.lastSeenAt ?? 0));
  const since =
    lastSeenAt === 0
      ? 'which has never connected'
      : `not connected since ${new Date(lastSeenAt).toISOString()}`;
  return absent(
    'RUNNER_AWAY',
    `waiting for runner ${eligible[0]!.name}, ${since}`,
    'Start the runner, or check that it can reach this control plane.',
  );
}

function noneConnected(pool: string | null): Wait {
  if (pool === null)
    return absent(
      'NO_RUNNER',
      'waiting for a runner: none is connected',
      'Start a runner, or check that it can reach this control plane.',
    );
  return absent(
    'POOL_EMPTY',
    `no runner of pool ${pool} is connected`,
    'Start a runner of the pool, enroll one for it, or move a connected runner to it.',
  );
}

function sessionsOf(candidates: readonly Candidate[]): ConnectedRunner[] {
  return candidates.map(({ session }) => session);
}

function conditionsOf(candidates: readonly Candidate[]): string {
  const conditions = candidates.map(({ presence }) => presence.condition);
  return [...new Set(conditions.filter((condition) => condition !== ''))].join(', ');
}

function isEligible(run: Run, runner: Pick<Runner, 'id' | 'name' | 'pool'>): boolean {
  return isPinned(run, runner) && isInPool(run, runner);
}

function isPinned({ pinnedTo }: Run, { id, name }: Pick<Runner, 'id' | 'name'>): boolean {
  return pinnedTo === null || pinnedTo === id || pinnedTo === name;
}

function isInPool({ pool }: Run, runner: Pick<Runner, 'pool'>): boolean {
  return pool === null || pool === runner.pool;
}
