import { z } from 'zod';
import { RunnerError } from '../errors/errors.ts';
import { rethrowIfRunEnds } from './run-ending.ts';
import { portionsOf } from '../json/json-items.ts';
import type { WantedMembers } from '../json/wanted-members.ts';
import { parseResponse } from './composite.ts';
import { incomplete, readPageEnd, requireTotal, type PageEnd } from './pages.ts';
import type { QueryAnswer, QueryTarget } from './query-many.ts';
import { type QueryPool, queryPooled, type SizedQuery } from './query-pool.ts';
import { pagesAfter } from './query-pages.ts';
import { rejection } from './rejection.ts';

/** How rows are read. */
export interface RowReader<T> {
  /**
   * What to keep of a row; undefined drops it. Throws SALESFORCE_UNEXPECTED for a row with an
   * unexpected format.
   */
  readonly read: (row: unknown) => T | undefined;
  /** The members that `read` uses. The others, most of a row, are dropped while they are bytes. */
  readonly members: WantedMembers;
}

/**
 * What `read` keeps of the rows of each query, or the error that Salesforce rejected the query
 * with. For tables that answer with thousands of rows of which few matter: rows stay bytes until
 * they are parsed, a few dozen at a time. One call for MAX_QUERIES queries and one for each further
 * page, less the answers of the pool.
 */
export async function queryRows<T>(
  target: QueryTarget & { readonly pool?: QueryPool | undefined },
  queries: readonly SizedQuery[],
  { read, members }: RowReader<T>,
  signal: AbortSignal,
): Promise<(readonly T[] | RunnerError)[]> {
  const { what } = target;
  const firsts = await queryPooled(
    target,
    queries,
    (answer) => firstRows(answer, read, what),
    signal,
    { extract: 'records', wanted: members, drop: [] },
  );
  const results: (readonly T[] | RunnerError)[] = [];
  for (const first of firsts)
    results.push(first instanceof RunnerError ? first : await allRows(first, read, target, signal));
  return results;
}

/** What was kept of the first page. */
interface FirstRows<T> {
  readonly kept: T[];
  /** Rows of the page, kept or not. */
  readonly count: number;
  readonly end: PageEnd;
}

function firstRows<T>(
  { status, body, extracted }: QueryAnswer,
  read: RowReader<T>['read'],
  what: string,
): FirstRows<T> | RunnerError {
  const rejected = status === 200 ? undefined : rejection(status, body, what);
  // A rejection that may pass makes the whole call again.
  if (rejected?.retryable === true) throw rejected;
  if (rejected !== undefined) return rejected;
  try {
    const end = readPageEnd(body, what);
    if (extracted === undefined) throw incomplete(what, 'no rows');
    if (end.next === undefined) requireTotal(end, extracted.length, what);
    const kept: T[] = [];
    for (const portion of portionsOf(extracted)) {
      const rows = parseResponse(portion, what) as readonly unknown[];
      kept.push(...rows.map((row) => read(row)).filter((value) => value !== undefined));
    }
    return { kept, count: extracted.length, end };
  } catch (thrown) {
    return RunnerError.from(thrown);
  }
}

/** With the rows of further pages: these tables have one page, but no document promises it. */
async function allRows<T>(
  { kept, count, end }: FirstRows<T>,
  read: RowReader<T>['read'],
  target: QueryTarget,
  signal: AbortSignal,
): Promise<readonly T[] | RunnerError> {
  if (end.next === undefined) return kept;
  try {
    let total = count;
    for await (const { rows } of pagesAfter(end, target, z.unknown(), signal)) {
      total += rows.length;
      kept.push(...rows.flatMap((row) => read(row) ?? []));
    }
    requireTotal(end, total, target.what);
    return kept;
  } catch (thrown) {
    return rethrowIfRunEnds(thrown, signal);
  }
}
