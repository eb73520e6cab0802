import { MAX_QUERIES } from '../api/query-many.ts';
import { MAX_ROWS } from '../api/soql.ts';
import { isDescribable } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import type { Batch } from './definition-batches.ts';

/**
 * A call for definitions carries one query for each this many objects of the org. In a large org
 * fuller calls save more calls, and their longer answer times matter less. A call slower than
 * SLOW_CALL_MS makes the following calls smaller.
 */
const OBJECTS_PER_QUERY = 1500;
const SLOW_CALL_MS = 10_000;
/**
 * Above the first share of objects to come, calls of a large org carry two queries more, because
 * other calls remain beside them; below the second they carry one, so that the run does not end
 * with a large one.
 */
const FULLER = 0.35;
const SMALLEST = 0.05;

/** The calls for definitions of a run: what each carries, and how many are to come. */
export class DefinitionCalls {
  /** Objects whose definitions are read. */
  readonly objects: number;
  readonly #onLast: () => void;
  #queries: number;
  /** Those of them that are not described yet. */
  #toDescribe: number;
  /** Those of them for which no call was made. */
  #toRead: number;
  /** Fields that were described and for which no call was made. */
  #fields = 0;

  /** `onLast` is called once when the last of these objects is described. */
  constructor(objects: readonly ListedObject[], onLast: () => void) {
    this.#queries = Math.ceil(objects.length / OBJECTS_PER_QUERY);
    this.objects = objects.filter(isDescribable).length;
    this.#toDescribe = this.objects;
    this.#toRead = this.objects;
    this.#onLast = onLast;
  }

  /** How many queries the next call may carry. */
  get queries(): number {
    const share = this.#toRead / this.objects;
    if (share <= SMALLEST) return 1;
    const more = this.#queries > 1 && share > FULLER ? 2 : 0;
    return Math.min(MAX_QUERIES, Math.max(1, this.#queries + more));
  }

  /** Calls that the objects described so far still need. */
  get reserved(): number {
    return Math.ceil(this.#fields / MAX_ROWS);
  }

  /** The same described objects. */
  async *described(batches: AsyncIterable<Batch>): AsyncGenerator<Batch, void, undefined> {
    for await (const batch of batches) {
      const objects = objectsOf(batch);
      this.#fields += fieldsOf(batch);
      this.#toDescribe -= objects;
      if (objects > 0 && this.#toDescribe === 0) this.#onLast();
      yield batch;
    }
  }

  started(batch: Batch): void {
    this.#fields -= fieldsOf(batch);
    this.#toRead -= objectsOf(batch);
  }

  ended(durationMs: number): void {
    if (durationMs > SLOW_CALL_MS) this.#queries = Math.max(0, this.#queries - 1);
  }
}

/** Objects whose definitions are read. */
function objectsOf(batch: Batch): number {
  return batch.filter(({ listed }) => isDescribable(listed)).length;
}

/** Fields whose definitions are read. */
function fieldsOf(batch: Batch): number {
  return batch.reduce(
    (sum, item) =>
      sum + ('describe' in item && isDescribable(item.listed) ? item.describe.size : 0),
    0,
  );
}
