import { z } from 'zod';
import { each, parallelMap } from '../../../../foundation/src/runtime/parallel-map.ts';
import { MAX_PARTS, readComposite, throwOrgRejection } from './composite.ts';
import { incomplete, requireSingle } from './pages.ts';
import { inGroups, type QueryTarget } from './query-many.ts';

/** A component of the Tooling API whose `Metadata` is read. */
export interface Component<K> {
  readonly key: K;
  readonly table: 'CustomField' | 'Flow';
  readonly id: string;
}

export interface FoundMetadata<K> {
  readonly key: K;
  readonly status: number;
  /** Undefined where Salesforce rejected it or has none. */
  readonly metadata: unknown;
}

/** Concurrent calls. The org takes some 200 ms for each component of a call, one after another. */
const CONCURRENCY = 4;

const recordSchema = z.looseObject({ Id: z.string() });

/**
 * The components' metadata in the order in which it arrives, MAX_PARTS in a call. A query returns
 * that column for one row only, and a call may carry few queries, but it may carry many requests
 * for one record. Throws what the calls throw.
 */
export async function* readMetadata<K>(
  target: Omit<QueryTarget, 'surface'>,
  components: readonly Component<K>[],
  signal: AbortSignal,
): AsyncGenerator<FoundMetadata<K>, void, undefined> {
  const groups = parallelMap(
    each(inGroups(components, MAX_PARTS)),
    () => CONCURRENCY,
    signal,
    (group, bounded) => readGroup(target, group, bounded),
  );
  for await (const group of groups) yield* group;
}

async function readGroup<K>(
  { api, version, what }: Omit<QueryTarget, 'surface'>,
  group: readonly Component<K>[],
  signal: AbortSignal,
): Promise<Iterable<FoundMetadata<K>>> {
  const base = `/services/data/v${version}/tooling`;
  const parts = group.map(({ table, id }, index) => ({
    referenceId: `m${index}`,
    url: `${base}/sobjects/${table}/${encodeURIComponent(id)}`,
  }));
  const answers = await readComposite(
    api,
    { path: `${base}/composite`, parts, what },
    ({ referenceId, status, body }): FoundMetadata<K> => {
      throwOrgRejection({ status, body }, what);
      const { key, id } = group[Number(referenceId.slice(1))]!;
      return { key, status, metadata: status === 200 ? metadataIn(body, id, what) : undefined };
    },
    signal,
  );
  return answers.values();
}

function metadataIn(body: unknown, id: string, what: string): unknown {
  const record = recordSchema.safeParse(body);
  if (!record.success || !isSameId(record.data.Id, id)) throw incomplete(what, 'another record');
  if (!('Metadata' in record.data)) throw incomplete(what, 'a record without its metadata');
  requireSingle(record.data, what);
  return record.data['Metadata'] ?? undefined;
}

/** Ids have 15 characters, or 18 with a check. */
function isSameId(one: string, other: string): boolean {
  return one.slice(0, 15) === other.slice(0, 15);
}
