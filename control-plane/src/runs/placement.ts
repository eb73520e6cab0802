/**
 * Which run goes to which runner, and why the others wait. Invariants:
 * - Two runs that write to one service (exclusive job kinds) are never offered or running at once.
 *   A canceled run counts until it has ended, because its worker may still be active.
 * - After a start, such runs wait until no lease from an earlier process can be left
 *   (deadlines.ts): the store may be a backup.
 * - A run of a pipeline from OpenMetadata waits until the server has the results of the run before
 *   it (held-runs.ts).
 * - A run that pauses before its next attempt is not active: a later run of the service may go
 *   first.
 * - A run of a service with a pool goes only to runners of that pool.
 * - A runner gets no more runs than its capacity, counted from the store.
 * - The first attempt of a run goes to the runner that remembers the catalog's state, if it has
 *   capacity: any other runner reads everything.
 */
import type { ConnectedRunner } from '../link/registry.ts';
import type { Runner } from '../store/store.ts';
import { Choices } from './choices.ts';
import { JOB_KIND_SPECS } from './job-kinds.ts';
import { holder, type Queued, type Run } from './run.ts';
import { wait, type Wait } from './wait.ts';

export type { Wait } from './wait.ts';

/** Why each queued run waits, by run id. */
export type Waits = Map<string, Wait>;

export type QueuedRun = Run & { readonly status: Queued };

export interface Placement {
  readonly offers: readonly { readonly run: QueuedRun; readonly runner: ConnectedRunner }[];
  readonly waits: Waits;
}

export interface PlacementInput {
  /** Runs that have not ended, oldest first. */
  readonly active: readonly Run[];
  readonly runners: readonly Runner[];
  readonly connected: readonly ConnectedRunner[];
  /** For each service, the id of the runner that remembers the state of its catalog. */
  readonly keepers: ReadonlyMap<string, string | null>;
  /** Runs that wait for the OpenMetadata server of their pipeline. */
  readonly held: Waits;
  /** On the monotonic clock. */
  readonly now: number;
  /** On the same clock: no exclusive run is offered earlier. */
  readonly exclusiveFrom: number;
}

export function isQueued(run: Run): run is QueuedRun {
  return run.status.state === 'queued';
}

/** An active run of the same service that excludes this one. */
export function conflictingRun(run: Run, active: readonly Run[]): Run | undefined {
  if (!JOB_KIND_SPECS[run.kind].exclusive) return undefined;
  return active.find(
    (other) =>
      other.id !== run.id &&
      other.service === run.service &&
      JOB_KIND_SPECS[other.kind].exclusive &&
      holder(other) !== undefined,
  );
}

/** Places runs one after the other, oldest first. `choices` may be kept from earlier placements. */
export function place(input: PlacementInput, choices = new Choices()): Placement {
  const planner = new Planner(input, choices);
  const offers: { run: QueuedRun; runner: ConnectedRunner }[] = [];
  const waits: Waits = new Map();
  for (const run of input.active.filter(isQueued)) {
    const found = planner.runnerFor(run);
    if ('code' in found) waits.set(run.id, found);
    else offers.push({ run, runner: found });
  }
  return { offers, waits };
}

/** Counts the runs that are placed, so that later ones see them. */
class Planner {
  readonly #input: PlacementInput;
  readonly #choices: Choices;
  /** The first exclusive run that a runner holds, by service. */
  readonly #busy = new Map<string, string>();
  /** Ids of exclusive runs placed now, by service. */
  readonly #placed = new Map<string, string>();

  constructor(input: PlacementInput, choices: Choices) {
    this.#input = input;
    this.#choices = choices;
    const load = new Map<string, number>();
    for (const run of input.active) {
      const runnerId = holder(run);
      if (runnerId === undefined) continue;
      load.set(runnerId, (load.get(runnerId) ?? 0) + 1);
      if (JOB_KIND_SPECS[run.kind].exclusive && !this.#busy.has(run.service))
        this.#busy.set(run.service, run.id);
    }
    choices.begin(input, load);
  }

  /** The runner to offer the run to, or why the run waits. */
  runnerFor(run: QueuedRun): ConnectedRunner | Wait {
    const runner = this.#wait(run) ?? this.#choose(run);
    if ('code' in runner) return runner;
    this.#choices.count(runner.runnerId);
    if (JOB_KIND_SPECS[run.kind].exclusive) this.#placed.set(run.service, run.id);
    return runner;
  }

  /** Why the run waits whatever runners are connected. */
  #wait(run: QueuedRun): Wait | undefined {
    const { held, now } = this.#input;
    const hold = held.get(run.id);
    if (hold !== undefined) return hold;
    if (run.status.notBefore > now && run.status.retryAt !== null)
      return wait('RETRY_PAUSE', `waiting before attempt ${run.attempt}`);
    const conflicting = JOB_KIND_SPECS[run.kind].exclusive
      ? (this.#busy.get(run.service) ?? this.#placed.get(run.service))
      : undefined;
    return conflicting === undefined
      ? undefined
      : wait('SERVICE_BUSY', `waiting for run ${conflicting} of the same service to end`);
  }

  #choose(run: QueuedRun): ConnectedRunner | Wait {
    const { keepers, now, exclusiveFrom } = this.#input;
    const choice = this.#choices.of(run);
    if ('code' in choice) return choice;
    if (JOB_KIND_SPECS[run.kind].exclusive && exclusiveFrom > now)
      return wait(
        'RESTARTED',
        'the control plane has restarted; runs start when leases from before the restart have expired',
      );
    if (run.status.notBefore > now)
      return wait('OFFER_PAUSE', 'a runner rejected the run for the moment; retrying shortly');
    return choice.best(run.attempt === 1 ? keepers.get(run.service) : null);
  }
}
