import { drawGeneration } from './catalog-state.ts';
import { DISPATCH } from './events.ts';
import type { Offer } from './link/frames.ts';
import type { ConnectedRunner, Registry } from './link/registry.ts';
import { mayTake, withdrawOffer } from './link/work.ts';
import { giveUpAttempt, holder, offerTo, renew, type Run } from './run.ts';
import type { Ground } from './settings.ts';
import type { Transaction } from './store/store.ts';

/** The longest a run waits for a look at offers without answer and leases that have run out. */
const TICK_MS = 500;

interface Assignment {
  readonly runnerId: string;
  readonly run: Run;
  /** The state that the catalog of its service is in; empty when it is in none that a run could go by. */
  readonly revision: string;
}

/** Gives runs to runners, and takes them back from those that have gone. */
export class Dispatcher {
  readonly #ground: Ground;
  readonly #registry: Registry;

  constructor(ground: Ground, registry: Registry) {
    this.#ground = ground;
    this.#registry = registry;
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#graceAfterStart();
    while (!signal.aborted) {
      const look = new AbortController();
      const woken = this.#ground.changes.next(DISPATCH, AbortSignal.any([signal, look.signal]));
      try {
        await this.reclaim();
        await this.dispatch();
      } catch (thrown) {
        this.#ground.log.error({ err: thrown }, 'dispatch failed');
      }
      await Promise.race([woken, this.#ground.clock.sleep(TICK_MS, AbortSignal.any([signal, look.signal]))]);
      look.abort();
    }
  }

  /** Nobody could renew or answer while this side was away, so every lease starts anew and every offer gets as long to be claimed. */
  async #graceAfterStart(): Promise<void> {
    const { clock, limits } = this.#ground;
    await this.#ground.store.transaction(async (tx) => {
      for (const run of await tx.runs.active()) {
        if (run.status.state === 'running') await tx.runs.save(renew(run, run.status.runnerId, clock.now(), limits.leaseTtlMs));
        if (run.status.state === 'offered') await tx.runs.save({ ...run, status: { ...run.status, answerBy: clock.now() + limits.leaseTtlMs } });
      }
    });
  }

  /** Takes back offers without an answer and runs whose lease has run out. */
  async reclaim(): Promise<void> {
    const now = this.#ground.clock.now();
    if (!(await this.#ground.store.read.runs.active()).some((run) => isOverdue(run, now))) return;
    const reclaimed = await this.#ground.store.transaction(async (tx) => {
      const overdue = (await tx.runs.active()).filter((run) => isOverdue(run, now));
      for (const run of overdue) await tx.runs.save(this.#takeBack(run, now));
      return overdue;
    });
    for (const run of reclaimed) {
      this.#ground.log.warn({ run: run.id, attempt: run.attempt, epoch: run.epoch, state: run.status.state }, 'taken back from a runner that is silent');
      this.#ground.changes.changed(run.id);
    }
  }

  #takeBack(run: Run, now: number): Run {
    if (run.status.state === 'offered') return withdrawOffer(run, now, now);
    const message = 'the runner has not been heard of for the length of its lease';
    return giveUpAttempt(run, { code: 'LEASE_LOST', message, remedy: 'Check that the runner is up and reaches the control plane.' }, now, this.#ground.limits.maxAttempts);
  }

  /** Offers each run that may go out to a runner with room for it. */
  async dispatch(): Promise<void> {
    const now = this.#ground.clock.now();
    if (this.#registry.all().length === 0) return;
    if (!(await this.#ground.store.read.runs.active()).some((run) => isWaiting(run, now))) return;
    const offered = await this.#ground.store.transaction((tx) => this.#assign(tx, now));
    for (const { runnerId, run, revision } of offered) {
      this.#registry.offer(runnerId, this.#offer(run, revision));
      this.#ground.log.info({ run: run.id, runner: runnerId, attempt: run.attempt, epoch: run.epoch }, 'offered');
      this.#ground.progress.clear(run.id);
      this.#ground.changes.changed(run.id);
    }
  }

  async #assign(tx: Transaction, now: number): Promise<Assignment[]> {
    const active = await tx.runs.active();
    const names = new Map((await tx.runners.list()).filter(({ drainReason }) => drainReason === null).map((runner) => [runner.id, runner.name]));
    const load = new Map<string, number>();
    for (const run of active) count(load, holder(run));
    const assigned: Assignment[] = [];
    for (const run of active.filter((candidate) => isWaiting(candidate, now))) {
      const runner = this.#choose(run, names, load);
      if (runner === undefined) continue;
      const offered = offerTo(run, runner.runnerId, now + this.#ground.limits.offerTimeoutMs);
      const state = drawGeneration(await tx.catalogStates.get(run.service));
      await tx.catalogStates.save(state);
      await tx.runs.save(offered);
      await tx.runs.saveAttempt({
        runId: run.id, epoch: offered.epoch, attempt: run.attempt, generation: state.drawn, runnerId: runner.runnerId, channel: runner.presence().channel,
        storedSequence: 0, wireBytes: 0, entities: 0, outcome: null, integrity: null,
      });
      count(load, runner.runnerId);
      assigned.push({ runnerId: runner.runnerId, run: offered, revision: state.revision });
    }
    return assigned;
  }

  /** The runner with the most room, of those that may take the run; `names` are those of runners that may take any. */
  #choose(run: Run, names: ReadonlyMap<string, string>, load: ReadonlyMap<string, number>): ConnectedRunner | undefined {
    const room = (runner: ConnectedRunner): number => runner.presence().capacity - (load.get(runner.runnerId) ?? 0);
    return this.#registry.all()
      .filter((runner) => names.has(runner.runnerId) && !runner.presence().draining && room(runner) > 0 && runner.presence().jobKinds.includes(run.kind))
      .filter((runner) => mayTake(run, { id: runner.runnerId, name: names.get(runner.runnerId) ?? '' }))
      .toSorted((a, b) => room(b) - room(a))[0];
  }

  #offer(run: Run, catalogRevision: string): Offer {
    const { limits, clock } = this.#ground;
    return {
      ref: { runId: run.id, attempt: run.attempt, epoch: run.epoch }, kind: run.kind, workflow: Buffer.from(run.workflow),
      leaseTtlMs: limits.leaseTtlMs, deadlineMs: run.deadlineMs, issuedAtMs: clock.now(), catalogRevision,
    };
  }
}

function count(load: Map<string, number>, runnerId: string | undefined): void {
  if (runnerId !== undefined) load.set(runnerId, (load.get(runnerId) ?? 0) + 1);
}

function isWaiting(run: Run, now: number): boolean {
  return run.status.state === 'queued' && run.status.notBefore <= now;
}

function isOverdue(run: Run, now: number): boolean {
  return (run.status.state === 'offered' && run.status.answerBy <= now) || (run.status.state === 'running' && run.status.leaseUntil <= now);
}
