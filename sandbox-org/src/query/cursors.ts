import { randomBytes } from 'node:crypto';
import { ApiError } from '../errors.ts';
import type { PrintedRecord, QueryResult } from './table.ts';

export interface Page {
  readonly result: QueryResult;
  readonly records: readonly PrintedRecord[];
  /** The locator of the next page; null on the last page. */
  readonly locator: string | null;
}

const MOST_OPEN = 50;

/** Results longer than a page; the oldest are dropped first. */
export class Cursors {
  readonly #open = new Map<string, { result: QueryResult; batchSize: number }>();

  first(result: QueryResult, batchSize: number): Page {
    if (result.length <= batchSize)
      return { result, records: result.slice(0, batchSize), locator: null };
    const id = `01g5g${randomBytes(5).toString('hex')}AAA`;
    this.#open.set(id, { result, batchSize });
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= MOST_OPEN) break;
      this.#open.delete(oldest);
    }
    return { result, records: result.slice(0, batchSize), locator: `${id}-${batchSize}` };
  }

  next(locator: string): Page {
    const [id = '', from = ''] = locator.split('-');
    const cursor = this.#open.get(id);
    const start = Number(from);
    if (!cursor || !Number.isSafeInteger(start))
      throw new ApiError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator');
    const end = start + cursor.batchSize;
    const done = end >= cursor.result.length;
    return {
      result: cursor.result,
      records: cursor.result.slice(start, end),
      locator: done ? null : `${id}-${end}`,
    };
  }
}
