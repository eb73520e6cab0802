import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import { z } from 'zod';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import { type PagesTarget, queryPages } from '../api/query-pages.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';

/**
 * Stands for the rows of a table that could not be read, as opposed to a table without rows.
 * Compare by identity.
 */
export const UNREAD: readonly never[] = Object.freeze([]);

export type SetupTarget = Omit<PagesTarget, 'what'> & { readonly logger: Logger };

/** A text column that may be null or missing. */
export const optionalText: z.ZodType<string | undefined> = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

/** A boolean column; null and missing mean false. */
export const flag: z.ZodType<boolean> = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

/**
 * All rows of a Setup table, or UNREAD. The catalog can do without them, so a failure is logged and
 * the run continues. Throws only errors that end the run.
 */
export async function readOptionalRows<T>(
  target: PagesTarget & { readonly logger: Logger },
  query: string,
  row: z.ZodType<T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  for (let mayRestart = true; ; mayRestart = false) {
    const rows: T[] = [];
    try {
      for await (const page of queryPages(target, query, row, signal)) rows.push(...page);
      return rows;
    } catch (thrown) {
      const error = rethrowIfRunEnds(thrown, signal);
      // Pages that end early are read once more, from the first.
      if (mayRestart && rows.length > 0 && error.retryable) continue;
      target.logger.log(
        'warn',
        `failed to read ${target.what}; they are omitted from the catalog`,
        errorFields(error),
      );
      return UNREAD;
    }
  }
}
