import type { ListCut, JsonList } from '../json/json-items.ts';
import type { SalesforceApi } from './api.ts';
import { readComposite } from './composite.ts';

/** Where queries are sent, and their subject for error messages. */
export interface QueryTarget {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly what: string;
  /** The API that has the table; the Tooling API by default. */
  readonly surface?: 'data' | 'tooling';
}

/** The answer to one query: the status and body that the query alone would have had. */
export interface QueryAnswer {
  /** Index of the query. */
  readonly index: number;
  readonly status: number;
  readonly body: unknown;
  /** The list that `cut` took out of the body. Valid only while the answer is being read. */
  readonly extracted: JsonList | undefined;
}

/** Queries that Salesforce accepts in one composite call. */
export const MAX_QUERIES = 5;

/**
 * Sends many queries in few calls: MAX_QUERIES travel in one composite, which Salesforce bills as
 * one call. They travel in its body, where no limit of a URL applies. Returns what `read` makes of
 * each answer, in the order of the queries. `read` is called as soon as an answer is parsed; if it
 * throws a retryable error, the call is made again. Throws what the calls throw.
 */
export async function queryMany<T>(
  target: QueryTarget,
  queries: readonly string[],
  read: (answer: QueryAnswer) => T,
  signal: AbortSignal,
  cut?: ListCut,
): Promise<readonly T[]> {
  const { api, what } = target;
  const base = basePath(target);
  const parts = queries.map((query, index) => ({
    referenceId: `q${index}`,
    url: `${base}/query?q=${encodeURIComponent(query)}`,
  }));
  const results: T[] = [];
  for (const group of inGroups(parts, MAX_QUERIES)) {
    const answers = await readComposite(
      api,
      { path: `${base}/composite`, parts: group, what, ...(cut === undefined ? {} : { cut }) },
      ({ referenceId, ...answer }) => read({ ...answer, index: Number(referenceId.slice(1)) }),
      signal,
    );
    for (const { referenceId } of group) results.push(answers.get(referenceId) as T);
  }
  return results;
}

function basePath({ version, surface = 'tooling' }: QueryTarget): string {
  return `/services/data/v${version}${surface === 'tooling' ? '/tooling' : ''}`;
}

export function inGroups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
