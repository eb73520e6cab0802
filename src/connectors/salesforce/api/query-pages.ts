import type { z } from 'zod';
import { RunnerError } from '../errors/errors.ts';
import { incomplete, readPageEnd, readPageRows, requireTotal, type PageEnd } from './pages.ts';
import type { FirstAnswers } from './first-answers.ts';
import { queryMany, type QueryTarget } from './query-many.ts';
import { rejection, salesforceCode } from './rejection.ts';

/** Where queries are sent, and answers that were requested before. */
export interface PagesTarget extends QueryTarget {
  readonly firstAnswers?: FirstAnswers | undefined;
}

/** One page of rows. */
export interface Page<T> {
  readonly end: PageEnd;
  readonly rows: readonly T[];
}

/**
 * All rows of a query. Throws SALESFORCE_FORBIDDEN and the like, and SALESFORCE_UNEXPECTED where
 * rows are missing.
 */
export async function queryAll<T>(
  target: QueryTarget,
  query: string,
  row: z.ZodType<T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const rows: T[] = [];
  for await (const page of queryPages(target, query, row, signal)) rows.push(...page);
  return rows;
}

/**
 * The rows of a query, page by page. Throws SALESFORCE_UNEXPECTED after the last page where rows
 * are missing.
 */
export async function* queryPages<T>(
  target: PagesTarget,
  query: string,
  row: z.ZodType<T>,
  signal: AbortSignal,
): AsyncGenerator<readonly T[], void, undefined> {
  const first = await firstPage(target, query, row, signal);
  let count = first.rows.length;
  yield first.rows;
  for await (const page of pagesAfter(first.end, target, row, signal)) {
    count += page.rows.length;
    yield page.rows;
  }
  requireTotal(first.end, count, target.what);
}

/** The pages that follow. Their rows are not counted against the total: the caller does that. */
export async function* pagesAfter<T>(
  end: PageEnd,
  target: Pick<QueryTarget, 'api' | 'what'>,
  row: z.ZodType<T>,
  signal: AbortSignal,
): AsyncGenerator<Page<T>, void, undefined> {
  for (let { next } = end; next !== undefined;) {
    const page: Page<T> = await nextPage(target, next, row, signal);
    yield page;
    ({ next } = page.end);
  }
}

async function nextPage<T>(
  { api, what }: Pick<QueryTarget, 'api' | 'what'>,
  path: string,
  row: z.ZodType<T>,
  signal: AbortSignal,
): Promise<Page<T>> {
  try {
    return await api.jsonAs(
      { method: 'GET', path, what },
      (body) => ({ end: readPageEnd(body, what), rows: readPageRows(body, row, what) }),
      signal,
    );
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (salesforceCode(error) !== 'INVALID_QUERY_LOCATOR') throw error;
    throw incomplete(what, 'the query locator of its next page has expired');
  }
}

/** A rejection that may pass makes the call again. */
async function firstPage<T>(
  { firstAnswers, ...target }: PagesTarget,
  query: string,
  row: z.ZodType<T>,
  signal: AbortSignal,
): Promise<Page<T>> {
  const { what } = target;
  const known = pageIn(await firstAnswers?.take(query), row, what);
  if (known !== undefined) return known;
  const [page] = await queryMany(
    target,
    [query],
    ({ status, body }): Page<T> => {
      if (status !== 200) throw rejection(status, body, what);
      return readFirstPage(body, row, what);
    },
    signal,
  );
  return page!;
}

function readFirstPage<T>(body: unknown, row: z.ZodType<T>, what: string): Page<T> {
  const first = { end: readPageEnd(body, what), rows: readPageRows(body, row, what) };
  if (first.end.next === undefined) requireTotal(first.end, first.rows.length, what);
  return first;
}

/** Undefined for a body that is not a complete page. */
function pageIn<T>(body: unknown, row: z.ZodType<T>, what: string): Page<T> | undefined {
  try {
    return body === undefined ? undefined : readFirstPage(body, row, what);
  } catch {
    return undefined;
  }
}
