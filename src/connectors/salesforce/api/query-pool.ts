import { each, parallelMap } from '../../../../foundation/src/runtime/parallel-map.ts';
import type { ListCut } from '../json/json-items.ts';
import { parseResponse } from './composite.ts';
import { MAX_QUERIES, type QueryAnswer, queryMany, type QueryTarget } from './query-many.ts';

/** Concurrent calls. */
const CONCURRENCY = 6;

/** Rows stay bytes until they are read, with all members, since they are of different tables. */
const ROWS = { extract: 'records', drop: [] } as const;

export interface SizedQuery {
  readonly query: string;
  /** Rows to expect; they decide how long the org takes. */
  readonly rows: number;
}

/** Returns what to keep of an answer, never undefined. May throw: then the answer is of no use. */
export type ReadAnswer<T extends object> = (answer: QueryAnswer) => T;

interface Request extends SizedQuery {
  readonly read: (answer: QueryAnswer) => void;
  readonly skip: () => void;
}

/**
 * Queries of different readers, sent together in as few calls as hold them and with as equal calls
 * as possible, since a call takes as long as all its queries. An answer that did not come, or that
 * its reader cannot use, is for the reader to request alone: the pool never fails, and retries
 * nothing for a single query.
 */
export class QueryPool {
  readonly #target: QueryTarget;
  readonly #requests: Request[] = [];
  #sent = false;

  constructor(target: QueryTarget) {
    this.#target = target;
  }

  /** What `read` makes of the answer to each query, undefined for those that the pool has not. */
  request<T extends object>(
    queries: readonly SizedQuery[],
    read: ReadAnswer<T>,
  ): Promise<readonly (T | undefined)[]> {
    return Promise.all(queries.map((query, index) => this.#add(query, index, read)));
  }

  /** Sends what was requested up to now. Later requests get no answer. */
  async send(signal: AbortSignal): Promise<void> {
    this.#sent = true;
    const calls = parallelMap(
      each(evenCalls(this.#requests)),
      () => CONCURRENCY,
      signal,
      async (call, callSignal) => this.#call(call, callSignal),
    );
    try {
      for await (const _ of calls);
    } catch {
      // Only an abort ends up here, and the readers notice it themselves.
    } finally {
      for (const { skip } of this.#requests) skip();
    }
  }

  #add<T extends object>(
    query: SizedQuery,
    index: number,
    read: ReadAnswer<T>,
  ): Promise<T | undefined> {
    const { promise, resolve } = Promise.withResolvers<T | undefined>();
    const skip = (): void => resolve(undefined);
    if (this.#sent) skip();
    else
      this.#requests.push({
        ...query,
        skip,
        read: (answer) => {
          try {
            resolve(read({ ...answer, index }));
          } catch {
            skip();
          }
        },
      });
    return promise;
  }

  async #call(call: readonly Request[], signal: AbortSignal): Promise<void> {
    try {
      await queryMany(
        this.#target,
        call.map(({ query }) => query),
        (answer) => call[answer.index]!.read(answer),
        signal,
        ROWS,
      );
    } catch {
      // The requests without an answer are skipped.
    } finally {
      for (const { skip } of call) skip();
    }
  }
}

/**
 * What `read` makes of the answers of the pool, and of those to the queries without a usable one
 * there, in the order of the queries. `cut` must extract the records. Throws what `queryMany`
 * throws.
 */
export async function queryPooled<T extends object>(
  { pool, ...target }: QueryTarget & { readonly pool?: QueryPool | undefined },
  queries: readonly SizedQuery[],
  read: ReadAnswer<T>,
  signal: AbortSignal,
  cut: ListCut = ROWS,
): Promise<readonly T[]> {
  const results: (T | undefined)[] = [
    ...((await pool?.request(queries, read)) ?? queries.map(() => undefined)),
  ];
  const missing = queries.flatMap(({ query }, index) =>
    results[index] === undefined ? [{ query, index }] : [],
  );
  const rest = await queryMany(
    target,
    missing.map(({ query }) => query),
    (answer) => read({ ...answer, index: missing[answer.index]!.index }),
    signal,
    cut,
  );
  for (const [index, value] of rest.entries()) results[missing[index]!.index] = value;
  return results as readonly T[];
}

/** The body of an answer with its rows. */
export function wholeBody({ body, extracted }: QueryAnswer, what: string): unknown {
  if (extracted === undefined || typeof body !== 'object' || body === null) return body;
  return { ...body, records: parseResponse(extracted.json.toString('utf8'), what) };
}

interface Call<T> {
  readonly queries: T[];
  rows: number;
}

/** As few calls as hold the queries, with about the same number of rows each. */
export function evenCalls<T extends SizedQuery>(queries: readonly T[]): T[][] {
  const calls = Array.from({ length: Math.ceil(queries.length / MAX_QUERIES) }, (): Call<T> => ({
    queries: [],
    rows: 0,
  }));
  for (const query of queries.toSorted((a, b) => b.rows - a.rows)) {
    const call = calls
      .filter((one) => one.queries.length < MAX_QUERIES)
      .reduce((least, one) => (one.rows < least.rows ? one : least));
    call.queries.push(query);
    call.rows += query.rows;
  }
  return calls.map((call) => call.queries);
}
