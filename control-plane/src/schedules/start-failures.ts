import type { Moment } from '../runtime/clock.ts';
import type { ErrorBody } from '../runtime/errors.ts';

const FIRST_PAUSE_MS = 10_000;
const MAX_PAUSE_MS = 300_000;

/** Why the run of a slot could not be queued. */
export interface StartFailure {
  readonly slot: number;
  readonly error: ErrorBody;
  /** Number of failed starts of this slot and of those that it replaced. */
  readonly tries: number;
  /** When the first start of this slot failed. */
  readonly since: Moment;
  /** When it is retried; null when the slot was abandoned. */
  readonly retry: Moment | null;
}

/** The starts that failed, by pipeline. After a restart, what is due is retried at once. */
export class StartFailures {
  readonly #failures = new Map<string, StartFailure>();

  get(pipeline: string): StartFailure | undefined {
    return this.#failures.get(pipeline);
  }

  /** Notes a failure. A slot that has failed for `limitMs` is abandoned. */
  note(
    pipeline: string,
    slot: number,
    error: ErrorBody,
    { at, limitMs }: { readonly at: Moment; readonly limitMs: number },
  ): StartFailure {
    const before = this.#failures.get(pipeline);
    const since = before?.slot === slot ? before.since : at;
    const tries = (before?.tries ?? 0) + 1;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), MAX_PAUSE_MS);
    const isAbandoned = at.monotonic - since.monotonic >= limitMs;
    const retry = isAbandoned ? null : { now: at.now + pauseMs, monotonic: at.monotonic + pauseMs };
    const failure = { slot, error, tries, since, retry };
    this.#failures.set(pipeline, failure);
    return failure;
  }

  clear(pipeline: string): void {
    this.#failures.delete(pipeline);
  }

  /** The rest of the pause before the next start; 0 for none. */
  pauseMs(pipeline: string, monotonic: number): number {
    const retry = this.#failures.get(pipeline)?.retry ?? null;
    return retry === null ? 0 : Math.max(0, retry.monotonic - monotonic);
  }
}
