import { MAX_QUERIES } from '../api/query-many.ts';
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
  /** Rows that a call may ask for; read again for each object. */
  readonly maxRows: () => number;
}

/**
 * Collects described objects until their fields are enough for one call for definitions.
 * Objects that need no such query come out at once.
 */
export async function* batchesOf(
  groups: AsyncIterable<Batch>,
  { objects: { total, describable }, progress, maxRows }: BatchOptions,
): AsyncGenerator<Batch, void, undefined> {
  const builder = new BatchBuilder(maxRows);
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

/** Objects whose fields one call reads. */
class BatchBuilder {
  readonly #maxRows: () => number;
  #batch: Described[] = [];
  #rows = 0;
  #queries = 1;
  /** Of the last query. */
  #rowsOfQuery = 0;

  constructor(maxRows: () => number) {
    this.#maxRows = maxRows;
  }

  /** Yields the batch before it if it is full. */
  *add(item: Described): Generator<Batch, void, undefined> {
    const rows = item.describe.size;
    if (this.#rowsOfQuery > 0 && this.#rowsOfQuery + rows > MAX_ROWS) {
      this.#queries += 1;
      this.#rowsOfQuery = 0;
    }
    if (this.#queries > MAX_QUERIES || this.#rows + rows > this.#maxRows()) yield* this.rest();
    this.#batch.push(item);
    this.#rows += rows;
    this.#rowsOfQuery += rows;
  }

  *rest(): Generator<Batch, void, undefined> {
    const batch = this.#batch;
    [this.#batch, this.#rows, this.#queries, this.#rowsOfQuery] = [[], 0, 1, 0];
    if (batch.length > 0) yield batch;
  }
}
