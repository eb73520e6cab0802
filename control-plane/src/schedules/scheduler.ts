/**
 * Starts runs when their schedules say so. Invariants:
 * - A slot starts at most once (and its repetitions once each): the run and the settled slot are
 *   stored in one transaction, and the store rejects a second run of a slot.
 * - Of the slots that pass while the control plane is down, while a run of the pipeline is active,
 *   or while the clock jumps forward, the last one starts, once.
 * - A clock that is set back starts no slot again, and stops no schedule.
 * - One run of a pipeline at a time, whoever started it.
 */
import { existingPipeline } from '../definitions/existing.ts';
import type { Deps } from '../deps.ts';
import type { Slot } from '../runs/run.ts';
import type { Also } from '../runs/start-run.ts';
import { DISPATCH, SCHEDULES } from '../runtime/change-hub.ts';
import { momentOf } from '../runtime/clock.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import type { Schedule } from '../store/schedule.ts';
import { CLOCK_TOLERANCE_MS, nextDue } from './due.ts';
import { FirstSlots } from './first-slots.ts';
import { hasSameTimes } from './saving.ts';
import type { ScheduledStarter } from './starter.ts';

/** A clock that jumps is noticed within this time. */
const RECHECK_MS = 60_000;

export class Scheduler {
  readonly #deps: Deps;
  readonly #start: ScheduledStarter;
  readonly #first = new FirstSlots();
  /** Starts in progress, by pipeline. */
  readonly #starting = new Map<string, Promise<void>>();

  constructor(deps: Deps, start: ScheduledStarter) {
    this.#deps = deps;
    this.#start = start;
  }

  /** Runs until the signal aborts; starts in progress end first. */
  async run(signal: AbortSignal): Promise<void> {
    const { changes, clock, log } = this.#deps;
    while (!signal.aborted) {
      const watch = changes.watch(SCHEDULES, DISPATCH);
      let idleMs = RECHECK_MS;
      try {
        idleMs = await this.#pass(signal);
      } catch (thrown) {
        log.error({ err: thrown }, 'failed to look for due schedules');
      }
      await watch.wait(clock, idleMs, signal);
    }
    await Promise.all(this.#starting.values());
  }

  /** Starts what is due. Resolves with the time until more may be due. */
  async #pass(signal: AbortSignal): Promise<number> {
    const { read } = this.#deps.store;
    const busy = new Set((await read.runs.active()).map(({ pipeline }) => pipeline));
    let idleMs = RECHECK_MS;
    for (const schedule of await read.schedules.list()) {
      // The end of a run or of a start wakes the loop.
      if (busy.has(schedule.pipeline) || this.#starting.has(schedule.pipeline)) continue;
      if (schedule.expression === null || schedule.paused || signal.aborted) continue;
      idleMs = Math.min(idleMs, await this.#visit(schedule, signal));
    }
    return Math.max(1, idleMs);
  }

  /** The time until the schedule has to be looked at again. */
  async #visit(schedule: Schedule, signal: AbortSignal): Promise<number> {
    const { store, clock, startFailures } = this.#deps;
    const { pipeline, settledUntil } = schedule;
    const { now, monotonic } = momentOf(clock);
    if (settledUntil > now + CLOCK_TOLERANCE_MS) return this.#settle(schedule, now);
    const due = await nextDue(schedule, this.#first.of(schedule), store.read.runs, now);
    if (due === undefined) return RECHECK_MS;
    if (due.at > now) return due.at - now;
    const { slot } = due;
    const started = await store.read.runs.ofSlot(pipeline, slot.at);
    // Before the clock was set back.
    if (slot.retry === 0 && started !== undefined) return this.#settle(schedule, slot.at);
    const pauseMs = startFailures.pauseMs(pipeline, monotonic);
    if (pauseMs > 0) return pauseMs;
    this.#starting.set(pipeline, this.#begin(schedule, slot, signal));
    return RECHECK_MS;
  }

  async #begin(schedule: Schedule, slot: Slot, signal: AbortSignal): Promise<void> {
    const { pipeline: name } = schedule;
    const { store, startFailures, changes, log } = this.#deps;
    const settling = new Settling(schedule, slot);
    try {
      const pipeline = await existingPipeline(store.read, name);
      await this.#start(pipeline, { slot, also: settling.also }, signal);
      if (!settling.isSettled)
        throw new ControlPlaneError('INTERNAL', 'the run was queued without its slot');
      startFailures.clear(name);
      log.info({ pipeline: name, slot: new Date(slot.at), retry: slot.retry }, 'slot started');
    } catch (thrown) {
      if (!settling.isOutdated && !signal.aborted) await this.#noteFailure(schedule, slot, thrown);
    } finally {
      this.#starting.delete(name);
      changes.changed(SCHEDULES);
    }
  }

  async #noteFailure(schedule: Schedule, slot: Slot, thrown: unknown): Promise<void> {
    const { pipeline } = schedule;
    const { startFailures, clock, limits, log } = this.#deps;
    const error = ControlPlaneError.from(thrown);
    const failure = startFailures.note(pipeline, slot.at, error.body(), {
      at: momentOf(clock),
      limitMs: limits.absenceLimitMs,
    });
    const isAbandoned = failure.retry === null;
    log.warn(
      { pipeline, slot: new Date(slot.at), err: thrown, tries: failure.tries, isAbandoned },
      'failed to start scheduled run',
    );
    if (isAbandoned) await this.#settle(schedule, slot.at);
  }

  /** Passes over the slots up to a time, unless the schedule has changed. */
  async #settle(schedule: Schedule, until: number): Promise<number> {
    await this.#deps.store.transaction(async (tx) => {
      const present = await tx.schedules.get(schedule.pipeline);
      if (present !== undefined && isUnchanged(present, schedule))
        await tx.schedules.save({ ...present, settledUntil: until });
    });
    return 0;
  }
}

/** Settles a slot in the transaction that queues its run. */
class Settling {
  readonly #schedule: Schedule;
  readonly #slot: Slot;
  isSettled = false;
  /** The slot must not start any more. */
  isOutdated = false;

  constructor(schedule: Schedule, slot: Slot) {
    this.#schedule = schedule;
    this.#slot = slot;
  }

  readonly also: Also = async (tx, run) => {
    const { pipeline } = this.#schedule;
    const present = await tx.schedules.get(pipeline);
    const others = (await tx.runs.active()).filter(
      (other) => other.pipeline === pipeline && other.id !== run.id,
    );
    if (
      present === undefined ||
      present.paused ||
      !isUnchanged(present, this.#schedule) ||
      others.length > 0
    ) {
      this.isOutdated = true;
      throw new ControlPlaneError('CONFLICT', 'the slot of the schedule is no longer due');
    }
    await tx.schedules.save({ ...present, settledUntil: this.#slot.at });
    this.isSettled = true;
  };
}

function isUnchanged(present: Schedule, read: Schedule): boolean {
  return hasSameTimes(present, read) && present.settledUntil === read.settledUntil;
}
