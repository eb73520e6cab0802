import type { Schedule } from '../store/schedule.ts';
import { nextSlot } from './slots.ts';

/**
 * The first slot of each schedule that is not settled, computed once for each of its states: the
 * scheduler asks whenever runs or runners change.
 */
export class FirstSlots {
  readonly #known = new Map<
    string,
    { readonly state: string; readonly slot: number | undefined }
  >();

  of(schedule: Schedule): number | undefined {
    const { pipeline, expression, timezone, startAt, endAt, since, settledUntil } = schedule;
    const state = JSON.stringify([expression, timezone, startAt, endAt, since, settledUntil]);
    const known = this.#known.get(pipeline);
    if (known?.state === state) return known.slot;
    const slot = nextSlot(schedule, settledUntil);
    this.#known.set(pipeline, { state, slot });
    return slot;
  }
}
