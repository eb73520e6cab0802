import { z } from 'zod';
import { RunnerError } from '../../../runtime/errors.ts';
import type { SalesforceApi } from './api.ts';
import { parseJson, type PartAnswer, readComposite } from './composite.ts';
import { elementsOf } from '../json/json-items.ts';
import { notWhole, readPageEnd, readPageRows, requireTotal, type PageEnd } from './pages.ts';
import { refusal } from './refusal.ts';
import { endsRun } from '../http/fatal.ts';

/** Where queries are sent, and what they are about for error messages. */
export interface QueryTarget {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly what: string;
  /** Which API has the table: Tooling unless said otherwise. */
  readonly surface?: 'data' | 'tooling';
}

function baseOf({
  version,
  surface = 'tooling',
}: Pick<QueryTarget, 'version' | 'surface'>): string {
  return `/services/data/v${version}${surface === 'tooling' ? '/tooling' : ''}`;
}

/**
 * The rows of one query to the Tooling API, whose catalogue tables answer 2,000 rows and no more. It travels in the body
 * of a composite, where no limit of a URL applies. Throws SALESFORCE_FORBIDDEN and the like.
 */
export async function queryTooling<T>(
  api: SalesforceApi,
  version: string,
  query: string,
  row: z.ZodType<T>,
  what: string,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const rows: T[] = [];
  for await (const page of queryToolingPages({ api, version, what }, query, row, signal))
    rows.push(...page);
  return rows;
}

/** Queries that one composite takes. */
export const MOST_QUERIES = 5;

/** Makes what is wanted of a row; undefined leaves it out. Throws SALESFORCE_UNEXPECTED for what is no such row. */
export type ReadRow<T> = (row: unknown) => T | undefined;

const ROWS = { taken: 'records', dropped: [] } as const;

/**
 * The rows of each of up to MOST_QUERIES queries, in one call and one for each further page, or why there are none. These tables
 * answer with thousands of rows of which few say anything, so each is read and let go by itself.
 */
export async function readTooling<T>(
  { api, version, what }: QueryTarget,
  queries: readonly string[],
  read: ReadRow<T>,
  signal: AbortSignal,
): Promise<(readonly T[] | RunnerError)[]> {
  const base = `/services/data/v${version}/tooling`;
  const parts = queries.map((query, index) => ({
    referenceId: `q${index}`,
    url: `${base}/query?q=${encodeURIComponent(query)}`,
  }));
  const answers = await readComposite(
    api,
    { path: `${base}/composite`, parts, what, cut: ROWS },
    (part) => rowsIn(part, read, what),
    signal,
  );
  const found: (readonly T[] | RunnerError)[] = [];
  for (const { referenceId } of parts) {
    const answer = answers.get(referenceId)!;
    found.push(
      answer instanceof RunnerError || answer.end.next === undefined
        ? rowsOf(answer)
        : await readOn(answer, read, { api, version, what }, signal),
    );
  }
  return found;
}

/** Rows of the pages so far. */
interface Reading<T> {
  readonly rows: T[];
  /** How many there were, whatever was made of them. */
  readonly count: number;
  readonly end: PageEnd;
}

function rowsOf<T>(answer: Reading<T> | RunnerError): readonly T[] | RunnerError {
  return answer instanceof RunnerError ? answer : answer.rows;
}

function rowsIn<T>(
  { status, body, taken }: PartAnswer,
  read: ReadRow<T>,
  what: string,
): Reading<T> | RunnerError {
  const refused = status === 200 ? undefined : refusal(status, body, what);
  // What may pass makes the whole call again.
  if (refused?.retryable === true) throw refused;
  if (refused !== undefined) return refused;
  try {
    const end = readPageEnd(body, what);
    if (taken === undefined) throw notWhole(what, 'it has no rows');
    if (end.next === undefined) requireTotal(end, taken.length, what);
    const rows: T[] = [];
    for (const row of elementsOf(taken)) {
      const made = read(parseJson(row.toString('utf8'), what));
      if (made !== undefined) rows.push(made);
    }
    return { rows, count: taken.length, end };
  } catch (thrown) {
    return RunnerError.from(thrown);
  }
}

/** What follows a first page: these tables have one, but no document promises it. */
async function readOn<T>(
  { rows, count, end }: Reading<T>,
  read: ReadRow<T>,
  { api, what }: QueryTarget,
  signal: AbortSignal,
): Promise<readonly T[] | RunnerError> {
  try {
    let found = count;
    for (let { next } = end; next !== undefined;) {
      const page: { readonly end: PageEnd; readonly raw: readonly unknown[] } = await nextPage(
        api,
        next,
        z.unknown(),
        what,
        signal,
      );
      found += page.raw.length;
      rows.push(...page.raw.flatMap((row) => read(row) ?? []));
      ({ next } = page.end);
    }
    requireTotal(end, found, what);
    return rows;
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (endsRun(error, signal)) throw error;
    return error;
  }
}

async function nextPage<T>(
  api: SalesforceApi,
  path: string,
  row: z.ZodType<T>,
  what: string,
  signal: AbortSignal,
): Promise<{ readonly end: PageEnd; readonly raw: readonly T[] }> {
  try {
    return await api.jsonAs(
      { method: 'GET', path, what },
      (body) => ({ end: readPageEnd(body, what), raw: readPageRows(body, row, what) }),
      signal,
    );
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (!error.message.includes('INVALID_QUERY_LOCATOR')) throw error;
    throw notWhole(what, 'the org no longer knows its next page');
  }
}

/** The rows of a query to an ordinary table, page by page. Throws SALESFORCE_UNEXPECTED at the end where rows are missing. */
export async function* queryToolingPages<T>(
  target: QueryTarget,
  query: string,
  row: z.ZodType<T>,
  signal: AbortSignal,
): AsyncGenerator<readonly T[], void, undefined> {
  const { api, what } = target;
  const first = await firstPage(target, query, row, signal);
  let count = first.raw.length;
  yield first.raw;
  for (let { next } = first.end; next !== undefined;) {
    const page: { readonly end: PageEnd; readonly raw: readonly T[] } = await nextPage(
      api,
      next,
      row,
      what,
      signal,
    );
    count += page.raw.length;
    yield page.raw;
    ({ next } = page.end);
  }
  requireTotal(first.end, count, what);
}

/** What a single part is refused for may pass, as it may for a call: inside `keep`, it makes the call again. */
async function firstPage<T>(
  target: QueryTarget,
  query: string,
  row: z.ZodType<T>,
  signal: AbortSignal,
): Promise<{ readonly end: PageEnd; readonly raw: readonly T[] }> {
  const { api, what } = target;
  const base = baseOf(target);
  const request = {
    path: `${base}/composite`,
    parts: [{ referenceId: 'q', url: `${base}/query?q=${encodeURIComponent(query)}` }],
    what,
  };
  const pages = await readComposite(
    api,
    request,
    ({ status, body }) => {
      if (status !== 200) throw refusal(status, body, what);
      const page = { end: readPageEnd(body, what), raw: readPageRows(body, row, what) };
      if (page.end.next === undefined) requireTotal(page.end, page.raw.length, what);
      return page;
    },
    signal,
  );
  return pages.get('q')!;
}
