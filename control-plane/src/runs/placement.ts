/**
 * Which run goes to which runner, and why the others wait. Invariants:
 * - Two runs that write to one service (JOB_TRAITS.exclusive) are never offered or running at once. A run that has been
 *   cancelled counts until it has ended, since its worker may still be at work.
 * - After a start, such runs wait until no lease of an earlier process can be left (restart.ts): the store may be a backup.
 * - A run in a pause before another try is not at work: a later run of the service may go first.
 * - A runner gets no more than its capacity, counted from what the store gives to it.
 * - A run's first attempt goes to the runner that remembers what the catalog has, if that has room: any other reads everything.
 */
import { JOB_TRAITS } from './job-kinds.ts';
import type { ConnectedRunner } from '../link/registry.ts';
import { holder, type Queued, type Run } from './run.ts';
import type { Runner } from '../store/store.ts';

export const WAIT_CODES = [
  'RETRY_PAUSE',
  'RESTARTED',
  'SERVICE_BUSY',
  'AT_CAPACITY',
  'OFFER_PAUSE',
  'RUNNER_MISSING',
  'RUNNER_REVOKED',
  'RUNNER_AWAY',
  'NO_RUNNER',
  'RUNNER_DRAINING',
  'RUNNER_UNHEALTHY',
  'KIND_UNSUPPORTED',
  'REFUSED',
] as const;

/** Why a run waits. */
export interface Wait {
  readonly code: (typeof WAIT_CODES)[number];
  /** For people. */
  readonly message: string;
  /** What to do; empty where waiting is all. */
  readonly remedy: string;
  /** No runner that could take the run is there: that has a limit. */
  readonly absent: boolean;
}

/** Why each queued run waits, by id of run. */
export type Waits = Map<string, Wait>;

export type QueuedRun = Run & { readonly status: Queued };

export interface Placement {
  readonly offers: readonly { readonly run: QueuedRun; readonly runner: ConnectedRunner }[];
  readonly waits: Waits;
}

export interface Scene {
  /** Runs that have not ended, oldest first. */
  readonly active: readonly Run[];
  readonly runners: readonly Runner[];
  readonly connected: readonly ConnectedRunner[];
  /** Ids of runners by the services whose catalogs they remember. */
  readonly keepers: ReadonlyMap<string, string | null>;
  /** On the monotonic clock. */
  readonly now: number;
  /** On the same clock: no exclusive run is offered before. */
  readonly exclusiveFrom: number;
}

export function isQueued(run: Run): run is QueuedRun {
  return run.status.state === 'queued';
}

/** Whether the run is meant for this runner and the runner has not refused it. */
export function mayTake(run: Run, runner: { readonly id: string; readonly name: string }): boolean {
  return isMeantFor(run, runner) && !run.refusedBy.includes(runner.id);
}

/** A run of the same service that stands in the way of this one. */
export function rivalOf(run: Run, active: readonly Run[]): Run | undefined {
  if (!JOB_TRAITS[run.kind].exclusive) return undefined;
  return active.find(
    (other) =>
      other.id !== run.id &&
      other.service === run.service &&
      JOB_TRAITS[other.kind].exclusive &&
      holder(other) !== undefined,
  );
}

/** Places runs one after the other, the oldest first. */
export function place(scene: Scene): Placement {
  const { active } = scene;
  const load = new Map<string, number>();
  for (const run of active) count(load, holder(run));
  const offers: { run: QueuedRun; runner: ConnectedRunner }[] = [];
  const waits: Waits = new Map();
  const taken = new Map<string, string>();
  for (const run of active.filter(isQueued)) {
    const found = runnerFor(run, scene, load, taken);
    if ('code' in found) {
      waits.set(run.id, found);
      continue;
    }
    offers.push({ run, runner: found });
    count(load, found.runnerId);
    if (JOB_TRAITS[run.kind].exclusive) taken.set(run.service, run.id);
  }
  return { offers, waits };
}

function runnerFor(
  run: QueuedRun,
  { active, runners, connected, keepers, now, exclusiveFrom }: Scene,
  load: ReadonlyMap<string, number>,
  taken: ReadonlyMap<string, string>,
): ConnectedRunner | Wait {
  if (run.status.notBefore > now && run.status.retryAt !== null)
    return wait('RETRY_PAUSE', `waiting before attempt ${run.attempt}`);
  const rival =
    rivalOf(run, active)?.id ??
    (JOB_TRAITS[run.kind].exclusive ? taken.get(run.service) : undefined);
  if (rival !== undefined)
    return wait('SERVICE_BUSY', `waiting for run ${rival} of the same service to end`);
  const fit = candidates(run, runners, connected);
  if (!Array.isArray(fit)) return fit;
  if (JOB_TRAITS[run.kind].exclusive && exclusiveFrom > now)
    return wait(
      'RESTARTED',
      'the control plane has restarted; runs start when leases from before the restart have expired',
    );
  if (run.status.notBefore > now)
    return wait(
      'OFFER_PAUSE',
      'a runner has just refused the run for now; it is offered again in a moment',
    );
  const room = (runner: ConnectedRunner): number =>
    runner.presence().capacity - (load.get(runner.runnerId) ?? 0);
  const keeper = run.attempt === 1 ? keepers.get(run.service) : undefined;
  const remembers = (runner: ConnectedRunner): number => (runner.runnerId === keeper ? 1 : 0);
  const best = fit
    .filter((runner) => room(runner) > 0)
    .toSorted((a, b) => remembers(b) - remembers(a) || room(b) - room(a))[0];
  return (
    best ??
    wait(
      'AT_CAPACITY',
      `${namesOf(fit, runners)} ${fit.length === 1 ? 'has' : 'have'} no place free`,
    )
  );
}

/** Connected runners that could take the run if they had room, or why there are none. */
function candidates(
  run: Run,
  runners: readonly Runner[],
  connected: readonly ConnectedRunner[],
): ConnectedRunner[] | Wait {
  const meant = runners.filter((runner) => isMeantFor(run, runner));
  const missing = missingRunner(run, meant);
  if (missing !== undefined) return missing;
  const steps: readonly [
    (runner: Runner, session: ConnectedRunner) => boolean,
    (names: string) => Wait,
  ][] = [
    [
      (runner) => !run.refusedBy.includes(runner.id),
      (names) =>
        absent(
          'REFUSED',
          `${names} refused the run for good`,
          'Connect another runner, or cancel the run.',
        ),
    ],
    [
      (runner, session) => runner.drainReason === null && !session.presence().draining,
      (names) =>
        absent(
          'RUNNER_DRAINING',
          `${names} takes no new work (draining)`,
          'Resume the runner, or connect another.',
        ),
    ],
    [
      (_runner, session) => session.presence().condition === '',
      (names) =>
        absent(
          'RUNNER_UNHEALTHY',
          `${names} reports ${conditionsOf(connected, meant)}`,
          'See the status of the runner.',
        ),
    ],
    [
      (_runner, session) => session.presence().jobKinds.includes(run.kind),
      (names) =>
        absent(
          'KIND_UNSUPPORTED',
          `${names} does not support jobs of kind ${run.kind}`,
          'Update the runner.',
        ),
    ],
  ];
  let fit = connected.filter((session) => meant.some(({ id }) => id === session.runnerId));
  if (fit.length === 0) return away(run, meant);
  for (const [passes, why] of steps) {
    const next = fit.filter((session) =>
      passes(
        meant.find(({ id }) => id === session.runnerId)!,
        session,
      ),
    );
    if (next.length === 0) return why(namesOf(fit, runners));
    fit = next;
  }
  return fit;
}

function missingRunner(run: Run, meant: readonly Runner[]): Wait | undefined {
  if (run.pinnedTo === null) return undefined;
  if (meant.length === 0)
    return absent(
      'RUNNER_MISSING',
      `waiting for runner ${run.pinnedTo}, which is not enrolled`,
      'Enroll a runner of this name, or choose another one for the service and start the run again.',
    );
  if (meant.some(({ revokedAt }) => revokedAt === null)) return undefined;
  return absent(
    'RUNNER_REVOKED',
    `waiting for runner ${run.pinnedTo}, which has been revoked`,
    'Choose another runner for the service and start the run again.',
  );
}

function away(run: Run, meant: readonly Runner[]): Wait {
  if (run.pinnedTo === null)
    return absent(
      'NO_RUNNER',
      'waiting for a runner: none is connected',
      'Start a runner, or check that it reaches this control plane.',
    );
  const seen = Math.max(...meant.map(({ lastSeenAt }) => lastSeenAt ?? 0));
  const since =
    seen === 0
      ? 'which has never connected'
      : `not connected since ${new Date(seen).toISOString()}`;
  return absent(
    'RUNNER_AWAY',
    `waiting for runner ${meant[0]!.name}, ${since}`,
    'Start the runner, or check that it reaches this control plane.',
  );
}

function conditionsOf(connected: readonly ConnectedRunner[], meant: readonly Runner[]): string {
  const conditions = connected
    .filter((session) => meant.some(({ id }) => id === session.runnerId))
    .map((session) => session.presence().condition);
  return [...new Set(conditions.filter((condition) => condition !== ''))].join(', ');
}

function namesOf(sessions: readonly ConnectedRunner[], runners: readonly Runner[]): string {
  return sessions
    .map(({ runnerId }) => runners.find(({ id }) => id === runnerId)?.name ?? runnerId)
    .join(', ');
}

function isMeantFor(
  { pinnedTo }: Run,
  { id, name }: { readonly id: string; readonly name: string },
): boolean {
  return pinnedTo === null || pinnedTo === id || pinnedTo === name;
}

function wait(code: Wait['code'], message: string): Wait {
  return { code, message, remedy: '', absent: false };
}

function absent(code: Wait['code'], message: string, remedy: string): Wait {
  return { code, message, remedy, absent: true };
}

function count(load: Map<string, number>, runnerId: string | undefined): void {
  if (runnerId !== undefined) load.set(runnerId, (load.get(runnerId) ?? 0) + 1);
}
