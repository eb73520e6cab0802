import { z } from 'zod';
import { RunnerError } from '../errors/errors.ts';

/*
 * Invariant: a well-formed but incomplete response never passes for a complete one. Every reader of
 * query results uses the functions below; every reader of another response uses `requireSingle`.
 */

/** The error of a response that lacks a part of itself. The next one may be complete. */
export function incomplete(what: string, reason: string): RunnerError {
  return new RunnerError(
    'SALESFORCE_UNEXPECTED',
    `${what}: the response is incomplete: ${reason}`,
    {
      retryable: true,
      remedy:
        'Check for a proxy that alters responses. Otherwise report this message; retries did not help.',
    },
  );
}

const endSchema = z.object({
  done: z.boolean(),
  totalSize: z.int().nonnegative().nullish(),
  nextRecordsUrl: z.string().nullish(),
});

/** How a page of rows ends. */
export interface PageEnd {
  /** Path of the next page, from the slash on. */
  readonly next: string | undefined;
  /** Rows of all pages together, where the response says so. */
  readonly total: number | undefined;
}

/**
 * The session travels with the request for the next page, so its address may only be a path of this
 * API.
 */
const NEXT_PAGE = /^\/services\/data\/v\d+\.0\/(?:tooling\/)?query\/[\w-]+$/;

/**
 * Throws SALESFORCE_UNEXPECTED for a body that is not a page, ends early, or names a next page at
 * another place.
 */
export function readPageEnd(body: unknown, what: string): PageEnd {
  const parsed = endSchema.safeParse(body);
  if (!parsed.success) throw incomplete(what, 'not a page of rows');
  const { done, totalSize, nextRecordsUrl } = parsed.data;
  const next = nextRecordsUrl ?? undefined;
  if (!done && next === undefined) throw incomplete(what, 'more rows exist, but no next page');
  if (next !== undefined && !NEXT_PAGE.test(next))
    throw new RunnerError(
      'SALESFORCE_UNEXPECTED',
      `${what}: the response contains an invalid nextRecordsUrl`,
    );
  return { next, total: totalSize ?? undefined };
}

/** Throws SALESFORCE_UNEXPECTED unless `rows` is the number of rows that the response announced. */
export function requireTotal({ total }: PageEnd, rows: number, what: string): void {
  if (total !== undefined && total !== rows) throw incomplete(what, `${rows} of ${total} rows`);
}

const rowsSchema = z.object({ records: z.array(z.unknown()) });

/** All rows of a query with a single page of results. Throws SALESFORCE_UNEXPECTED. */
export function readRows<T>(body: unknown, row: z.ZodType<T>, what: string): readonly T[] {
  const end = readPageEnd(body, what);
  if (end.next !== undefined) throw incomplete(what, 'more rows exist than fit one page');
  const rows = readPageRows(body, row, what);
  requireTotal(end, rows.length, what);
  return rows;
}

/** The rows of one page. Throws SALESFORCE_UNEXPECTED. */
export function readPageRows<T>(body: unknown, row: z.ZodType<T>, what: string): readonly T[] {
  const page = rowsSchema.safeParse(body);
  if (!page.success) throw incomplete(what, 'no rows');
  const rows = z.array(row).safeParse(page.data.records);
  if (!rows.success)
    throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: unexpected response format`, {
      cause: rows.error,
    });
  return rows.data;
}

/**
 * For responses without pages: throws SALESFORCE_UNEXPECTED for one that announces more of itself.
 */
export function requireSingle(body: object, what: string): void {
  const { done, nextRecordsUrl }: { readonly done?: unknown; readonly nextRecordsUrl?: unknown } =
    body;
  if (done === false || (nextRecordsUrl !== undefined && nextRecordsUrl !== null))
    throw incomplete(what, 'it announces another page');
}
