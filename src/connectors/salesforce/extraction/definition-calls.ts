import { MAX_ROWS } from '../api/soql.ts';
import { isDescribable } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import type { Batch } from './definition-batches.ts';

/**
 * An org takes about a millisecond for a row. A call carries as many rows as it can answer by the
 * time that the last object is described, so that calls are few and none is left when describes
 * end. The time until then is estimated from the number of objects to come, from experience with 20
 * describes at a time.
 */
const ROWS_PER_OBJECT = 6;
/** The same for an object that has no definitions. */
const ROWS_PER_OTHER = 2;
/** The most rows of a call: fuller ones save few calls and take more memory. */
const MOST_ROWS = 4 * MAX_ROWS;
/** A call slower than that makes the following calls smaller. */
const SLOW_CALL_MS = 10_000;

/** The calls for definitions of a run: what each carries, and how many are to come. */
export class DefinitionCalls {
  /** Objects whose definitions are read. */
  readonly objects: number;
  readonly #onLast: () => void;
  /** Those of them that are not described yet. */
  #toDescribe: number;
  /** The others that are not described yet. */
  #othersToDescribe: number;
  #mostRows = MOST_ROWS;
  /** Fields that were described and for which no call was made. */
  #fields = 0;

  /** `onLast` is called once when the last of these objects is described. */
  constructor(objects: readonly ListedObject[], onLast: () => void) {
    this.objects = objects.filter(isDescribable).length;
    this.#toDescribe = this.objects;
    this.#othersToDescribe = objects.length - this.objects;
    this.#onLast = onLast;
  }

  /** How many rows the next call may ask for; never less than one query can have. */
  get rows(): number {
    const answered = this.#toDescribe * ROWS_PER_OBJECT + this.#othersToDescribe * ROWS_PER_OTHER;
    return Math.max(MAX_ROWS, Math.min(this.#mostRows, answered));
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
      this.#othersToDescribe -= batch.length - objects;
      if (objects > 0 && this.#toDescribe === 0) this.#onLast();
      yield batch;
    }
  }

  started(batch: Batch): void {
    this.#fields -= fieldsOf(batch);
  }

  ended(durationMs: number): void {
    if (durationMs > SLOW_CALL_MS) this.#mostRows = Math.max(MAX_ROWS, this.#mostRows - MAX_ROWS);
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
