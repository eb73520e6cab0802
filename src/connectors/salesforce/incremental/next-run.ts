import { z } from 'zod';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { PagesTarget } from '../api/query-pages.ts';
import { type QueryAnswer, queryMany } from '../api/query-many.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';
import { shortId } from '../setup/durable-id.ts';
import { setupTime } from './dates.ts';
import { countIn, countQuery, noteUncounted } from './deleted-fields.ts';
import type { IncrementalState } from './incremental-state.ts';
import type { KnownEdits } from './stored-state.ts';

/** One answer holds all fields of so many objects, even if all were edited at the same time. */
const MAX_OBJECTS = 2;
/** Several, because the user may not see each of these fields. */
const EDITS_QUERY =
  'SELECT TableEnumOrId, LastModifiedDate FROM CustomField ORDER BY LastModifiedDate DESC LIMIT 5';
const editsSchema = z.object({
  records: z.array(z.object({ TableEnumOrId: z.string(), LastModifiedDate: z.string() })).min(1),
});

/**
 * Notes what only the next run needs, in one call of a run that compares with no other: the number
 * of custom fields as of `listedAt` (an HTTP date), and the last edits of custom fields.
 */
export async function noteForNextRun(
  target: Omit<PagesTarget, 'what'> & { readonly logger: Logger },
  state: IncrementalState,
  listedAt: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await queryMany(
      { ...target, what: 'custom fields' },
      [countQuery(listedAt), EDITS_QUERY],
      (answer) => {
        if (answer.index === 0) state.setCustomFields(countIn(answer));
        else state.setKnownEdits(editsIn(answer));
      },
      signal,
    );
  } catch (thrown) {
    noteUncounted({ logger: target.logger, state }, rethrowIfRunEnds(thrown, signal));
  }
}

/** Undefined if there are none, or the query was rejected. */
function editsIn({ body }: QueryAnswer): KnownEdits | undefined {
  const edits = editsSchema.safeParse(body).data?.records.map((row) => ({
    object: shortId(row.TableEnumOrId),
    at: setupTime(row.LastModifiedDate),
  }));
  if (edits === undefined || edits.some(({ at }) => Number.isNaN(at))) return undefined;
  const objects = [...new Set(edits.map(({ object }) => object))].slice(0, MAX_OBJECTS);
  const times = edits.filter(({ object }) => objects.includes(object)).map(({ at }) => at);
  return { objects, since: new Date(Math.min(...times)).toISOString() };
}
