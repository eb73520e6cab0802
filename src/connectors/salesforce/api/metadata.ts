import { z } from 'zod';
import { each, parallelMap } from '../../../../foundation/src/runtime/parallel-map.ts';
import { throwOrgRejection } from './composite.ts';
import { readRows } from './pages.ts';
import {
  inGroups,
  MAX_QUERIES,
  type QueryAnswer,
  queryMany,
  type QueryTarget,
} from './query-many.ts';

/**
 * A query for one component's `Metadata`: the Tooling API returns that column for one row a query.
 */
export interface MetadataQuery<K> {
  readonly key: K;
  /** `SELECT Metadata FROM ... WHERE ...`, of one row. */
  readonly soql: string;
}

export interface FoundMetadata<K> {
  readonly key: K;
  readonly status: number;
  /** Undefined where Salesforce rejected it or has none. */
  readonly metadata: unknown;
}

/** Concurrent calls. The org takes some 200 ms for each query of a call, one after another. */
const CONCURRENCY = 6;

const rowSchema = z.object({ Metadata: z.unknown() });

/**
 * The components' metadata in the order in which it arrives, MAX_QUERIES in a call. Throws what the
 * calls throw.
 */
export async function* readMetadata<K>(
  target: QueryTarget,
  queries: readonly MetadataQuery<K>[],
  signal: AbortSignal,
): AsyncGenerator<FoundMetadata<K>, void, undefined> {
  const groups = parallelMap(
    each(inGroups(queries, MAX_QUERIES)),
    () => CONCURRENCY,
    signal,
    (group, bounded) =>
      queryMany(
        target,
        group.map(({ soql }) => soql),
        (answer): FoundMetadata<K> => ({
          key: group[answer.index]!.key,
          status: answer.status,
          metadata: metadataIn(answer, target.what),
        }),
        bounded,
      ),
  );
  for await (const group of groups) yield* group;
}

function metadataIn({ status, body }: QueryAnswer, what: string): unknown {
  throwOrgRejection({ status, body }, what);
  return status === 200 ? (readRows(body, rowSchema, what)[0]?.Metadata ?? undefined) : undefined;
}
