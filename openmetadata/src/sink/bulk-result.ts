import { isJson, type Json } from '../../../foundation/src/domain/json.ts';
import { bulkResultSchema } from './entity.ts';

/** A table on its way to the server. */
export interface Outgoing {
  readonly fqn: string;
  readonly request: Json;
  /** What the server has as the table's `sourceHash` once it has arrived. */
  readonly hash: string;
}

/** The result of a bulk request. */
export interface Sent {
  readonly arrived: readonly Outgoing[];
  /** To be sent again one by one, so that each gets its own result. */
  readonly retrySingly: readonly Outgoing[];
}

/**
 * Splits the tables by a bulk response. When it does not name the failed ones clearly, all are sent
 * again one by one.
 */
export function resultOf(answer: unknown, sent: readonly Outgoing[]): Sent {
  const { data } = bulkResultSchema.safeParse(answer);
  if (data === undefined) return { arrived: [], retrySingly: sent };
  const failed = (data.failedRequest ?? []).map(({ request }) =>
    sent.find((table) => isAbout(request, table)),
  );
  const named = new Set(failed.filter((table) => table !== undefined));
  if (data.numberOfRowsFailed !== named.size || named.size !== failed.length)
    return { arrived: [], retrySingly: sent };
  return { arrived: sent.filter((table) => !named.has(table)), retrySingly: [...named] };
}

/** A server names a failed table by its full name, or returns its request. */
function isAbout(answered: unknown, { fqn, request }: Outgoing): boolean {
  if (!isJson(answered)) return answered === fqn;
  return (
    answered['name'] === request['name'] && answered['databaseSchema'] === request['databaseSchema']
  );
}
