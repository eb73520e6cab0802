import { z } from 'zod';
import { RunnerError } from '../errors/errors.ts';

/*
 * What must never break: an answer that is well-formed but not whole is never taken for a whole one. Every reader of a query's
 * answer goes through here, and every reader of another answer through `requireSingle`.
 */

/** The error of an answer that lacks a part of itself. The next one may be whole. */
export function notWhole(what: string, reason: string): RunnerError {
  return new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the answer is not whole: ${reason}`, {
    retryable: true,
    remedy:
      'It was asked for several times. Check for a proxy that alters responses; else report it with this message.',
  });
}

const endSchema = z.object({
  done: z.boolean(),
  totalSize: z.int().nonnegative().nullish(),
  nextRecordsUrl: z.string().nullish(),
});

/** How a page of rows says that it goes on. */
export interface PageEnd {
  /** Where the next page is, from the slash on. */
  readonly next: string | undefined;
  /** Rows of all pages together, where the answer says. */
  readonly total: number | undefined;
}

/** The next page is asked for with the session, so its address may be a path of this API and nothing else. */
const NEXT_PAGE = /^\/services\/data\/v\d+\.0\/(?:tooling\/)?query\/[\w-]+$/;

/** Throws SALESFORCE_UNEXPECTED for what is no page, for one that ends in the middle, and for a next page that is elsewhere. */
export function readPageEnd(body: unknown, what: string): PageEnd {
  const parsed = endSchema.safeParse(body);
  if (!parsed.success) throw notWhole(what, 'it is no page of rows');
  const { done, totalSize, nextRecordsUrl } = parsed.data;
  const next = nextRecordsUrl ?? undefined;
  if (!done && next === undefined) throw notWhole(what, 'there are more rows, and no next page');
  if (next !== undefined && !NEXT_PAGE.test(next))
    throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the next page is not where pages are`);
  return { next, total: totalSize ?? undefined };
}

/** Throws SALESFORCE_UNEXPECTED where fewer rows came than there are, or more. */
export function requireTotal({ total }: PageEnd, rows: number, what: string): void {
  if (total !== undefined && total !== rows)
    throw notWhole(what, `it has ${rows} of ${total} rows`);
}

const rowsSchema = z.object({ records: z.array(z.unknown()) });

/** All rows of a query whose answer is one page. Throws SALESFORCE_UNEXPECTED. */
export function readRows<T>(body: unknown, row: z.ZodType<T>, what: string): readonly T[] {
  const end = readPageEnd(body, what);
  if (end.next !== undefined) throw notWhole(what, 'there are more rows than one page holds');
  const rows = readPageRows(body, row, what);
  requireTotal(end, rows.length, what);
  return rows;
}

/** The rows of one page. Throws SALESFORCE_UNEXPECTED. */
export function readPageRows<T>(body: unknown, row: z.ZodType<T>, what: string): readonly T[] {
  const page = rowsSchema.safeParse(body);
  if (!page.success) throw notWhole(what, 'it has no rows');
  const rows = z.array(row).safeParse(page.data.records);
  if (!rows.success)
    throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the answer has an unknown form`, {
      cause: rows.error,
    });
  return rows.data;
}

/** For answers that have no pages: throws SALESFORCE_UNEXPECTED where one says that there is more of it. */
export function requireSingle(body: object, what: string): void {
  const { done, nextRecordsUrl }: { readonly done?: unknown; readonly nextRecordsUrl?: unknown } =
    body;
  if (done === false || (nextRecordsUrl !== undefined && nextRecordsUrl !== null))
    throw notWhole(what, 'it says that there is more of it');
}
