import { z } from 'zod';
import type { QueryTarget } from './query-many.ts';
import { type QueryPool, type SizedQuery, wholeBody } from './query-pool.ts';

interface RowsListener {
  /** Called with the number of rows of each answer. */
  readonly onRows?: (query: string, rows: number) => void;
}

const sizeSchema = z.object({ totalSize: z.int().nonnegative() });

/**
 * The answers to queries whose readers begin later than the pool is sent. An answer that did not
 * come, or that its reader cannot use, is for the reader to request alone.
 */
export class FirstAnswers {
  readonly #bodies = new Map<string, Promise<unknown>>();

  constructor(
    pool: QueryPool,
    queries: readonly SizedQuery[],
    { what, onRows }: Pick<QueryTarget, 'what'> & RowsListener,
  ) {
    for (const query of queries) {
      const answer = pool.request([query], (one) => ({
        body: one.status === 200 ? wholeBody(one, what) : undefined,
      }));
      this.#bodies.set(
        query.query,
        answer.then(([first]) => {
          const rows = sizeSchema.safeParse(first?.body).data?.totalSize;
          if (rows !== undefined) onRows?.(query.query, rows);
          return first?.body;
        }),
      );
    }
  }

  /** The body of the answer, once; undefined if there is none. */
  async take(query: string): Promise<unknown> {
    const body = this.#bodies.get(query);
    this.#bodies.delete(query);
    return body;
  }
}
