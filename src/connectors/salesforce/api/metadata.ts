import { z } from 'zod';
import { readComposite, refuseForTheOrg } from './composite.ts';
import { each, inParallel } from '../http/in-parallel.ts';
import { readRows } from './pages.ts';
import { MOST_QUERIES, type QueryTarget } from './tooling.ts';

/** One component's `Metadata`: of these the Tooling API gives one a query. */
export interface MetadataQuery<K> {
  readonly key: K;
  /** `SELECT Metadata FROM ... WHERE ...`, of one row. */
  readonly soql: string;
}

export interface FoundMetadata<K> {
  readonly key: K;
  readonly status: number;
  /** Undefined where there is none to be had. */
  readonly metadata: unknown;
}

/** Calls under way at once. The org takes some 200 ms for each query, one after another in a call. */
const LANES = 6;

const rowSchema = z.object({ Metadata: z.unknown() });

/** The components' metadata in the order they are ready, five a call. Throws what the calls throw. */
export async function* readMetadata<K>(
  { api, version, what }: QueryTarget,
  queries: readonly MetadataQuery<K>[],
  signal: AbortSignal,
): AsyncGenerator<FoundMetadata<K>, void, undefined> {
  const base = `/services/data/v${version}/tooling`;
  const groups = Array.from({ length: Math.ceil(queries.length / MOST_QUERIES) }, (_, index) =>
    queries.slice(index * MOST_QUERIES, (index + 1) * MOST_QUERIES),
  );
  const found = inParallel(
    each(groups),
    () => LANES,
    signal,
    async (group, within) => {
      const parts = group.map(({ soql }, index) => ({
        referenceId: `m${index}`,
        url: `${base}/query?q=${encodeURIComponent(soql)}`,
      }));
      const answers = await readComposite(
        api,
        { path: `${base}/composite`, parts, what },
        (part) => {
          refuseForTheOrg(part, what);
          return {
            status: part.status,
            metadata:
              part.status === 200
                ? (readRows(part.body, rowSchema, what)[0]?.Metadata ?? undefined)
                : undefined,
          };
        },
        within,
      );
      return group.map(({ key }, index): FoundMetadata<K> => ({
        key,
        ...(answers.get(`m${index}`) ?? { status: 0, metadata: undefined }),
      }));
    },
  );
  for await (const group of found) yield* group;
}
