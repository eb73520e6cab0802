import { each, parallelMap } from '../../../../foundation/src/runtime/parallel-map.ts';
import type { AdaptiveLimit } from '../api/adaptive-limit.ts';
import type { SalesforceApi } from '../api/api.ts';
import { RunnerError } from '../errors/errors.ts';
import { batchObjects } from './describe-batches.ts';
import { CALLS_TO_SPARE, type DescribeOutcome, describeCall } from './describe-call.ts';
import { FailureStreak, mayBeOfObject } from './describe-failures.ts';
import { Unpacker } from './describe-pack.ts';
import type { ListedObject } from './object-list.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';

export interface DescribeOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly limit: AdaptiveLimit;
  /**
   * An HTTP date: an object that did not change since then comes out as unchanged. Undefined reads
   * it in any case.
   */
  readonly since: (object: ListedObject) => string | undefined;
  /**
   * Called once when no more calls may be made. Calls under way are completed; other objects do not
   * come out.
   */
  readonly onSpent: (error: RunnerError) => void;
  /** Calls that the objects described so far still need. */
  readonly reserved: () => number;
  /** Waits before parts of a call are repeated; `round` counts from 1. */
  readonly pause: (round: number, signal: AbortSignal) => Promise<void>;
}

/** Rounds of repeating single objects of a call. */
const ROUNDS = 3;

/**
 * Describes objects, up to 25 in a call, one list for each call as it completes. Each object comes
 * out exactly once, as a result or with an error, unless the calls run out. Throws only what ends
 * the run.
 */
export async function* describeObjects(
  objects: readonly ListedObject[],
  options: DescribeOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly DescribeOutcome[], void, undefined> {
  const describer = new BatchDescriber(options);
  let spent = false;
  yield* parallelMap(
    each(batchObjects(objects, options.api.leaves(CALLS_TO_SPARE))),
    () => options.limit.value,
    signal,
    async (batch, bounded) => {
      if (spent) return [];
      try {
        return await describer.describe(batch, bounded);
      } catch (thrown) {
        const error = RunnerError.from(thrown);
        if (error.code !== 'SALESFORCE_LIMIT_REACHED') throw error;
        if (!spent) options.onSpent(error);
        spent = true;
        return [];
      }
    },
  );
}

/** Describes the objects of one call, in as many calls as that takes. */
class BatchDescriber {
  readonly #options: DescribeOptions & { readonly unpacker: Unpacker };
  readonly #failures = new FailureStreak();

  constructor(options: DescribeOptions) {
    this.#options = { ...options, unpacker: new Unpacker() };
  }

  async describe(
    batch: readonly ListedObject[],
    signal: AbortSignal,
    round = 1,
  ): Promise<readonly DescribeOutcome[]> {
    let outcomes: readonly DescribeOutcome[];
    try {
      outcomes = await describeCall(batch, this.#options, signal);
    } catch (thrown) {
      const error = rethrowIfRunEnds(thrown, signal);
      if (!mayBeOfObject(error)) throw error;
      this.#failures.add(error);
      return batch.length === 1 ? [{ listed: batch[0]!, error }] : this.#halve(batch, signal);
    }
    this.#failures.reset();
    return this.#repeatFailed(outcomes, signal, round);
  }

  /** A call that fails as a whole may fail for one of its objects or for its size. */
  async #halve(
    batch: readonly ListedObject[],
    signal: AbortSignal,
  ): Promise<readonly DescribeOutcome[]> {
    const middle = Math.ceil(batch.length / 2);
    const first = await this.describe(batch.slice(0, middle), signal);
    return [...first, ...(await this.describe(batch.slice(middle), signal))];
  }

  /**
   * Parts of a call may fail for passing reasons, such as an ended session or an overload. They are
   * repeated together.
   */
  async #repeatFailed(
    outcomes: readonly DescribeOutcome[],
    signal: AbortSignal,
    round: number,
  ): Promise<readonly DescribeOutcome[]> {
    const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
    const spent = errors.find(({ code }) => code === 'SALESFORCE_LIMIT_REACHED');
    if (spent !== undefined) throw spent;
    const failed = outcomes.filter((outcome) => 'error' in outcome && outcome.error.retryable);
    if (failed.length === 0 || round === ROUNDS) return outcomes;
    if (errors.some(({ code }) => code === 'SALESFORCE_BUSY'))
      this.#options.limit.observe({ millis: 0, busy: true });
    await this.#options.pause(round, signal);
    const again = await this.describe(
      failed.map(({ listed }) => listed),
      signal,
      round + 1,
    );
    return [...outcomes.filter((outcome) => !failed.includes(outcome)), ...again];
  }
}
