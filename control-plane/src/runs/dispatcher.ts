import { drawGeneration } from '../catalog/catalog-state.ts';
import { momentOf, type Moment } from '../runtime/clock.ts';
import type { ErrorBody } from '../runtime/errors.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import type { Offer } from '../link/frames.ts';
import type { Registry } from '../link/registry.ts';
import { withdrawOffer } from '../link/work.ts';
import { isQueued, place, type Wait, type Waits } from './placement.ts';
import { end, giveUpAttempt, offerTo, type Run } from './run.ts';
import type { Ground } from '../deps.ts';
import type { Reads, Transaction } from '../store/store.ts';

/** The longest a run waits for a look at offers without answer and leases that have run out. */
const TICK_MS = 500;

interface Assignment {
  readonly runnerId: string;
  readonly run: Run;
  /** The state that the catalog of its service is in; empty when it is in none that a run could go by. */
  readonly revision: string;
}

/** Gives runs to runners, takes them back from those that have gone, and ends those for which none comes. */
export class Dispatcher {
  readonly #ground: Ground;
  readonly #registry: Registry;

  readonly #exclusiveFrom: number;

  /** `exclusiveFrom`: see `earliestExclusiveOffer`. */
  constructor(ground: Ground, registry: Registry, exclusiveFrom: number) {
    this.#ground = ground;
    this.#registry = registry;
    this.#exclusiveFrom = exclusiveFrom;
  }

  /** Runs until the signal aborts. The deadlines in the store must be of this process, see restart.ts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const look = new AbortController();
      const woken = this.#ground.changes.next(DISPATCH, AbortSignal.any([signal, look.signal]));
      try {
        await this.reclaim();
        await this.dispatch();
      } catch (thrown) {
        this.#ground.log.error({ err: thrown }, 'dispatch failed');
      }
      await Promise.race([
        woken,
        this.#ground.clock.sleep(TICK_MS, AbortSignal.any([signal, look.signal])),
      ]);
      look.abort();
    }
  }

  /** Takes back offers without an answer and runs whose lease has run out, and ends runs that have waited too long. */
  async reclaim(): Promise<void> {
    const at = momentOf(this.#ground.clock);
    if (!(await this.#ground.store.read.runs.active()).some((run) => isOverdue(run, at.monotonic)))
      return;
    const overdue = await this.#ground.store.transaction(async (tx) => {
      const found = (await tx.runs.active()).filter((run) => isOverdue(run, at.monotonic));
      for (const run of found) await tx.runs.save(this.#afterDeadline(run, at));
      return found;
    });
    for (const run of overdue) {
      this.#ground.log.warn(
        { run: run.id, attempt: run.attempt, epoch: run.epoch, state: run.status.state },
        isQueued(run) ? 'run ended: no runner came for it' : 'run taken back from a silent runner',
      );
      this.#ground.changes.changed(run.id);
    }
  }

  #afterDeadline(run: Run, at: Moment): Run {
    if (isQueued(run))
      return end(run, 'expired', at.now, unavailable(this.#ground.waits.get(run.id)));
    if (run.status.state === 'offered') return withdrawOffer(run, at, at.monotonic);
    const message = 'the runner has not been heard of for the length of its lease';
    const reason = {
      code: 'LEASE_LOST',
      message,
      remedy: 'Check that the runner is up and reaches the control plane.',
    };
    return giveUpAttempt(run, reason, {
      at,
      maxAttempts: this.#ground.limits.maxAttempts,
      mayReturn: true,
    });
  }

  /** Offers each run that may go out to a runner with room for it, and says of each other one why it waits. */
  async dispatch(): Promise<void> {
    const { store, clock } = this.#ground;
    const { offers, waits } = await this.#look(store.read, clock.monotonic());
    const turning = (await store.read.runs.active()).some(
      (run) => isQueued(run) && isTurning(run.status.absence !== null, waits.get(run.id)),
    );
    if (offers.length > 0 || turning)
      this.#announce(await store.transaction((tx) => this.#assign(tx, momentOf(clock))));
    else this.#tell(waits);
  }

  async #look(
    read: Pick<Reads, 'runs' | 'runners' | 'catalogStates'>,
    now: number,
  ): Promise<ReturnType<typeof place>> {
    const active = await read.runs.active();
    const keepers = new Map<string, string | null>();
    for (const { service } of active.filter(isQueued))
      keepers.set(service, (await read.catalogStates.get(service)).keeper);
    return place({
      active,
      keepers,
      runners: await read.runners.list(),
      connected: this.#registry.all(),
      now,
      exclusiveFrom: this.#exclusiveFrom,
    });
  }

  async #assign(
    tx: Transaction,
    at: Moment,
  ): Promise<{ readonly offered: readonly Assignment[]; readonly waits: Waits }> {
    const { limits } = this.#ground;
    const { offers, waits } = await this.#look(tx, at.monotonic);
    const offered: Assignment[] = [];
    for (const { run, runner } of offers) {
      const { runnerId, bootId } = runner;
      // The offer grants a lease, so until that is over the runner may be at work, whether its answer came or not.
      const given = offerTo(run, { runnerId, bootId }, at.monotonic + limits.leaseTtlMs);
      const state = drawGeneration(await tx.catalogStates.get(run.service));
      await tx.catalogStates.save(state);
      await tx.runs.save(given);
      await tx.runs.saveAttempt({
        runId: run.id,
        epoch: given.epoch,
        attempt: run.attempt,
        generation: state.drawn,
        runnerId,
        channel: runner.presence().channel,
        storedSequence: 0,
        wireBytes: 0,
        entities: 0,
        outcome: null,
        integrity: null,
      });
      offered.push({ runnerId, run: given, revision: run.whole ? '' : state.revision });
    }
    for (const run of (await tx.runs.active()).filter(isQueued)) {
      if (!isTurning(run.status.absence !== null, waits.get(run.id))) continue;
      const absence =
        waits.get(run.id)?.absent === true
          ? { since: at.now, until: at.monotonic + limits.absenceLimitMs }
          : null;
      await tx.runs.save({ ...run, status: { ...run.status, absence } });
    }
    return { offered, waits };
  }

  #announce({
    offered,
    waits,
  }: {
    readonly offered: readonly Assignment[];
    readonly waits: Waits;
  }): void {
    for (const { runnerId, run, revision } of offered) {
      this.#registry.offer(runnerId, this.#offer(run, revision));
      this.#ground.log.info(
        { run: run.id, runner: runnerId, attempt: run.attempt, epoch: run.epoch },
        'offered',
      );
      this.#ground.progress.clear(run.id);
      this.#ground.changes.changed(run.id);
    }
    this.#tell(waits);
  }

  #tell(waits: Waits): void {
    const told = new Map(this.#ground.waits);
    this.#ground.waits.clear();
    for (const [runId, wait] of waits) this.#ground.waits.set(runId, wait);
    for (const runId of new Set([...told.keys(), ...waits.keys()])) {
      if (told.get(runId)?.message !== waits.get(runId)?.message)
        this.#ground.changes.changed(runId);
    }
  }

  #offer(run: Run, catalogRevision: string): Offer {
    const { limits, clock } = this.#ground;
    return {
      ref: { runId: run.id, attempt: run.attempt, epoch: run.epoch },
      kind: run.kind,
      workflow: Buffer.from(run.workflow),
      leaseTtlMs: limits.leaseTtlMs,
      deadlineMs: run.deadlineMs,
      issuedAtMs: clock.now(),
      catalogRevision,
    };
  }
}

function isOverdue({ status }: Run, now: number): boolean {
  switch (status.state) {
    case 'queued':
      return status.absence !== null && status.absence.until <= now;
    case 'offered':
      return status.answerBy <= now;
    case 'running':
      return status.leaseUntil <= now;
    case 'success':
    case 'partialSuccess':
    case 'failed':
    case 'cancelled':
    case 'expired':
      return false;
    default:
      return status satisfies never;
  }
}

/** Whether a runner for the run has just gone, or come. */
function isTurning(wasAbsent: boolean, wait: Wait | undefined): boolean {
  return wasAbsent !== (wait?.absent === true);
}

function unavailable(wait: Wait | undefined): ErrorBody {
  const remedy =
    wait?.remedy === undefined || wait.remedy === ''
      ? 'Start a runner, or check that it reaches this control plane.'
      : wait.remedy;
  return {
    code: 'RUNNER_UNAVAILABLE',
    message: `no runner took the run in time: ${wait?.message ?? 'none is connected'}`,
    remedy,
  };
}
