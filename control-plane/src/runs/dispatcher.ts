import { allocateGeneration } from '../catalog/catalog-state.ts';
import type { Deps } from '../deps.ts';
import type { Offer } from '../link/frames.ts';
import type { Registry } from '../link/registry.ts';
import { withdrawOffer } from '../link/offer-answers.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import { momentOf, type Moment } from '../runtime/clock.ts';
import type { StoreReader, Transaction } from '../store/store.ts';
import { Choices } from './choices.ts';
import { isOverdue } from './deadlines.ts';
import { heldRuns } from './held-runs.ts';
import { refOf } from './attempt-ref.ts';
import { isQueued, place, type Placement, type Waits } from './placement.ts';
import { signatureFor } from './signature-for.ts';
import { end, abandonAttempt, holder, offerTo, type Run } from './run.ts';
import { traceIdOf, traceparentOf } from './traceparent.ts';
import { absenceChanged, unavailable } from './wait.ts';

/** Maximum time until expired offers and leases are noticed. */
const TICK_MS = 500;

interface Assignment {
  readonly runnerId: string;
  readonly run: Run;
  /** Revision of the service's catalog; empty when a full run is needed. */
  readonly revision: string;
  /** What the customer has signed; empty for none. */
  readonly signature: string;
}

interface Dispatched {
  readonly offered: readonly Assignment[];
  readonly waits: Waits;
}

/**
 * Offers runs to runners, takes them back from lost runners, and ends runs that no runner takes.
 */
export class Dispatcher {
  readonly #deps: Deps;
  readonly #registry: Registry;
  readonly #exclusiveFrom: number;
  readonly #choices = new Choices();

  /** `exclusiveFrom`: see `earliestExclusiveOffer`. */
  constructor(deps: Deps, registry: Registry, exclusiveFrom: number) {
    this.#deps = deps;
    this.#registry = registry;
    this.#exclusiveFrom = exclusiveFrom;
  }

  /**
   * Runs until the signal aborts. The deadlines in the store must belong to this process
   * (deadlines.ts).
   */
  async run(signal: AbortSignal): Promise<void> {
    const { changes, clock, log } = this.#deps;
    while (!signal.aborted) {
      const watch = changes.watch(DISPATCH);
      try {
        await this.reclaim();
        await this.dispatch();
      } catch (thrown) {
        log.error({ err: thrown }, 'failed to offer runs');
      }
      await watch.wait(clock, TICK_MS, signal);
    }
  }

  /**
   * Takes back unanswered offers and runs with an expired lease, and ends runs that have waited too
   * long.
   */
  async reclaim(): Promise<void> {
    const { store, clock, log, changes, tracer } = this.#deps;
    const at = momentOf(clock);
    if (!(await store.read.runs.active()).some((run) => isOverdue(run, at.monotonic))) return;
    const overdue = await store.transaction(async (tx) => {
      const found = (await tx.runs.active()).filter((run) => isOverdue(run, at.monotonic));
      for (const run of found) await tx.runs.save(this.#afterDeadline(run, at));
      return found;
    });
    for (const run of overdue) {
      log.warn(
        {
          runner: holder(run),
          run: run.id,
          attempt: run.attempt,
          epoch: run.epoch,
          state: run.status.state,
        },
        reclaimed(run),
      );
      if (run.status.state === 'offered') tracer.answered(refOf(run), 'withdrawn');
      changes.changed(run.id);
    }
    changes.changed(DISPATCH);
  }

  #afterDeadline(run: Run, at: Moment): Run {
    if (isQueued(run))
      return end(run, 'expired', at.now, unavailable(this.#deps.waits.get(run.id)));
    if (run.status.state === 'offered') return withdrawOffer(run, at, at.monotonic);
    const reason = {
      code: 'LEASE_LOST',
      message: 'the runner did not renew its lease in time',
      remedy: 'Check that the runner is up and can reach the control plane.',
    };
    const { maxAttempts } = this.#deps.limits;
    return abandonAttempt(run, reason, { at, maxAttempts, canReturn: true });
  }

  /** Offers runs to runners with free capacity, and records why the others wait. */
  async dispatch(): Promise<void> {
    const { store, clock } = this.#deps;
    if (!(await store.read.runs.active()).some(isQueued)) this.#publishWaits(new Map());
    else this.#announce(await store.transaction((tx) => this.#assign(tx, momentOf(clock))));
  }

  async #plan(
    read: Pick<StoreReader, 'runs' | 'runners' | 'catalogStates' | 'relays'>,
    now: number,
  ): Promise<Placement> {
    const active = await read.runs.active();
    const keepers = new Map<string, string | null>();
    for (const { service } of active.filter(isQueued))
      keepers.set(service, (await read.catalogStates.get(service)).keeper);
    const input = {
      active,
      keepers,
      held: heldRuns(await read.relays.open()),
      runners: await read.runners.list(),
      connected: this.#registry.all(),
      now,
      exclusiveFrom: this.#exclusiveFrom,
    };
    return place(input, this.#choices);
  }

  async #assign(tx: Transaction, at: Moment): Promise<Dispatched> {
    const { offers, waits } = await this.#plan(tx, at.monotonic);
    const offered: Assignment[] = [];
    for (const offer of offers) offered.push(await this.#assignOne(tx, offer, at));
    await this.#saveAbsences(tx, waits, at);
    return { offered, waits };
  }

  async #assignOne(
    tx: Transaction,
    { run, runner }: Placement['offers'][number],
    at: Moment,
  ): Promise<Assignment> {
    const { runnerId, bootId } = runner;
    // The offer grants a lease. Until it expires the runner may be active, whether or not its
    // answer has arrived.
    const assigned = offerTo(
      run,
      { runnerId, bootId },
      at.monotonic + this.#deps.limits.leaseTtlMs,
    );
    const state = allocateGeneration(await tx.catalogStates.get(run.service));
    await tx.catalogStates.save(state);
    await tx.runs.save(assigned);
    await tx.runs.saveAttempt({
      runId: run.id,
      epoch: assigned.epoch,
      attempt: run.attempt,
      generation: state.lastGeneration,
      runnerId,
      channel: runner.presence().channel,
      storedSequence: 0,
      wireBytes: 0,
      entities: 0,
      outcome: null,
      integrity: null,
    });
    return {
      runnerId,
      run: assigned,
      revision: run.fullRun ? '' : state.revision,
      signature: await signatureFor(tx, run),
    };
  }

  async #saveAbsences(tx: Transaction, waits: Waits, at: Moment): Promise<void> {
    for (const run of (await tx.runs.active()).filter(isQueued)) {
      if (!absenceChanged(run.status.absence !== null, waits.get(run.id))) continue;
      const absence =
        waits.get(run.id)?.absent === true
          ? { since: at.now, until: at.monotonic + this.#deps.limits.absenceLimitMs }
          : null;
      await tx.runs.save({ ...run, status: { ...run.status, absence } });
    }
  }

  #announce({ offered, waits }: Dispatched): void {
    const { log, progress, changes, tracer, clock } = this.#deps;
    for (const { runnerId, run, revision, signature } of offered) {
      this.#registry.offer(runnerId, this.#offer(run, revision, signature));
      const { id, attempt, epoch } = run;
      log.info({ run: id, runner: runnerId, attempt, epoch, trace: traceIdOf(id) }, 'run offered');
      tracer.offered(refOf(run), runnerId, epoch === 1 ? run.queuedAt : clock.now());
      progress.clear(run.id);
      changes.changed(run.id);
    }
    this.#publishWaits(waits);
  }

  #publishWaits(waits: Waits): void {
    const before = new Map(this.#deps.waits);
    this.#deps.waits.clear();
    for (const [runId, wait] of waits) this.#deps.waits.set(runId, wait);
    for (const runId of new Set([...before.keys(), ...waits.keys()])) {
      if (before.get(runId)?.message !== waits.get(runId)?.message)
        this.#deps.changes.changed(runId);
    }
  }

  #offer(run: Run, catalogRevision: string, signature: string): Offer {
    const { limits, clock, openWorkflow } = this.#deps;
    const ref = refOf(run);
    return {
      ref,
      kind: run.kind,
      workflow: Buffer.from(openWorkflow?.(run.id, run.workflow) ?? run.workflow),
      leaseTtlMs: limits.leaseTtlMs,
      deadlineMs: run.deadlineMs,
      issuedAtMs: clock.now(),
      catalogRevision,
      traceparent: traceparentOf(ref),
      signature,
    };
  }
}

function reclaimed(run: Run): string {
  if (isQueued(run)) return 'run expired: no runner available';
  return run.status.state === 'offered'
    ? 'offer withdrawn: no answer from the runner'
    : 'lease expired; attempt ended';
}
