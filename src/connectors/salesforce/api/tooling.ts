import { z } from 'zod';
import { RunnerError } from '../../../runtime/errors.ts';
import type { SalesforceApi } from './api.ts';
import { parseJson, type PartAnswer, readComposite } from './composite.ts';
import { elementsOf } from '../json/json-items.ts';
import { refusal } from './refusal.ts';

/** Where queries are sent, and what they are about for error messages. */
export interface QueryTarget {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly what: string;
  /** Which API has the table: Tooling unless said otherwise. */
  readonly surface?: 'data' | 'tooling';
}

function baseOf({ version, surface = 'tooling' }: Pick<QueryTarget, 'version' | 'surface'>): string {
  return `/services/data/v${version}${surface === 'tooling' ? '/tooling' : ''}`;
}

const pageSchema = z.object({ records: z.array(z.unknown()), nextRecordsUrl: z.string().nullish() });

/**
 * The rows of one query to the Tooling API, whose catalogue tables answer 2,000 rows and no more. It travels in the body
 * of a composite, where no limit of a URL applies. Throws SALESFORCE_FORBIDDEN and the like.
 */
export async function queryTooling<T>(api: SalesforceApi, version: string, query: string, row: z.ZodType<T>, what: string, signal: AbortSignal): Promise<readonly T[]> {
  return (await onePage({ api, version, what }, query, row, signal)).rows;
}

/** Queries that one composite takes. */
export const MOST_QUERIES = 5;

/** Makes what is wanted of a row; undefined leaves it out. Throws SALESFORCE_UNEXPECTED for what is no such row. */
export type ReadRow<T> = (row: unknown) => T | undefined;

const ROWS = { taken: 'records', dropped: [] } as const;

/**
 * The rows of each of up to MOST_QUERIES queries, in one call, or why there are none. These tables answer with thousands of rows
 * of which few say anything, so each is read and let go by itself.
 */
export async function readTooling<T>({ api, version, what }: QueryTarget, queries: readonly string[], read: ReadRow<T>, signal: AbortSignal): Promise<(readonly T[] | RunnerError)[]> {
  const base = `/services/data/v${version}/tooling`;
  const parts = queries.map((query, index) => ({ referenceId: `q${index}`, url: `${base}/query?q=${encodeURIComponent(query)}` }));
  const answers = await readComposite(api, { path: `${base}/composite`, parts, what, cut: ROWS }, (part) => rowsIn(part, read, what), signal);
  return parts.map(({ referenceId }) => answers.get(referenceId) ?? refusal(0, undefined, what));
}

function rowsIn<T>({ status, body, taken }: PartAnswer, read: ReadRow<T>, what: string): readonly T[] | RunnerError {
  const refused = status === 200 ? undefined : refusal(status, body, what);
  // What may pass makes the whole call again.
  if (refused?.retryable === true) throw refused;
  if (refused !== undefined) return refused;
  if (taken === undefined) return new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the answer has an unknown form`);
  const rows: T[] = [];
  try {
    for (const row of elementsOf(taken)) {
      const made = read(parseJson(row.toString('utf8'), what));
      if (made !== undefined) rows.push(made);
    }
  } catch (thrown) {
    return RunnerError.from(thrown);
  }
  return rows;
}

/** The rows of a query to an ordinary table, page by page. */
export async function* queryToolingPages<T>(target: QueryTarget, query: string, row: z.ZodType<T>, signal: AbortSignal): AsyncGenerator<readonly T[], void, undefined> {
  let { rows, next } = await onePage(target, query, row, signal);
  yield rows;
  while (next !== undefined) {
    const { api, what } = target;
    ({ rows, next } = readPage(await api.json({ method: 'GET', path: next, what }, signal), row, what));
    yield rows;
  }
}

interface Page<T> {
  readonly rows: readonly T[];
  readonly next: string | undefined;
}

/** What a single part is refused for may pass, as it may for a call: inside `keep`, it makes the call again. */
async function onePage<T>(target: QueryTarget, query: string, row: z.ZodType<T>, signal: AbortSignal): Promise<Page<T>> {
  const { api, what } = target;
  const base = baseOf(target);
  const request = { path: `${base}/composite`, parts: [{ referenceId: 'q', url: `${base}/query?q=${encodeURIComponent(query)}` }], what };
  const pages = await readComposite(api, request, ({ status, body }) => {
    if (status !== 200) throw refusal(status, body, what);
    return readPage(body, row, what);
  }, signal);
  const page = pages.get('q');
  if (page === undefined) throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the call answered without it`);
  return page;
}

/** The next page is asked for with the session, so its address may be a path of this API and nothing else. */
const NEXT_PAGE = /^\/services\/data\/v\d+\.0\/(?:tooling\/)?query\/[\w-]+$/;

function readPage<T>(body: unknown, row: z.ZodType<T>, what: string): Page<T> {
  const page = pageSchema.safeParse(body);
  const rows = z.array(row).safeParse(page.data?.records);
  if (!page.success || !rows.success) throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the answer has an unknown form`, { cause: page.error ?? rows.error });
  const next = page.data.nextRecordsUrl ?? undefined;
  if (next !== undefined && !NEXT_PAGE.test(next)) throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the next page is not where pages are`);
  return { rows: rows.data, next };
}
