import { MAX_ROWS } from '../api/soql.ts';
import type { DescribeOutcome } from '../describe/describe-call.ts';
import { isDescribable } from '../describe/object-kind.ts';
import type { ProgressReport } from './progress-report.ts';

export type Batch = readonly DescribeOutcome[];

/** The objects that are described. */
export interface ObjectCount {
  readonly total: number;
  /** Those whose definitions are read. */
  readonly describable: number;
}

export interface BatchOptions {
  readonly objects: ObjectCount;
  readonly progress: ProgressReport;
  /** Queries of a call; read again for each. */
  readonly maxQueries: () => number;
}

/**
 * Collects described objects until their fields fill the queries of one call for definitions.
 * Objects that need no such query come out at once.
 */
export async function* batchesOf(
  groups: AsyncIterable<Batch>,
  { objects: { total, describable }, progress, maxQueries }: BatchOptions,
): AsyncGenerator<Batch, void, undefined> {
  const builder = new BatchBuilder(maxQueries);
  let [done, toCome] = [0, describable];
  for await (const group of groups) {
    progress.at('describe', (done += group.length), total);
    const ready = group.filter((item) => !needsDefinitions(item));
    if (ready.length > 0) yield ready;
    for (const item of group) {
      if (needsDefinitions(item)) yield* builder.add(item);
      if (isDescribable(item.listed)) toCome -= 1;
    }
    if (toCome === 0) yield* builder.rest();
  }
  progress.at('descriptions', total, total);
  yield* builder.rest();
}

type Described = Extract<DescribeOutcome, { readonly describe: unknown }>;

function needsDefinitions(item: DescribeOutcome): item is Described {
  return 'describe' in item && isDescribable(item.listed);
}

/** Objects whose fields fill the queries of one call. */
class BatchBuilder {
  readonly #maxQueries: () => number;
  #batch: Described[] = [];
  #queries = 1;
  #rows = 0;

  constructor(maxQueries: () => number) {
    this.#maxQueries = maxQueries;
  }

  /** Yields the batch before it if it is full. */
  *add(item: Described): Generator<Batch, void, undefined> {
    const rows = item.describe.size;
    if (this.#rows > 0 && this.#rows + rows > MAX_ROWS) {
      this.#queries += 1;
      this.#rows = 0;
      if (this.#queries > this.#maxQueries()) yield* this.rest();
    }
    this.#batch.push(item);
    this.#rows += rows;
  }

  *rest(): Generator<Batch, void, undefined> {
    const batch = this.#batch;
    [this.#batch, this.#queries, this.#rows] = [[], 1, 0];
    if (batch.length > 0) yield batch;
  }
}
