import type { Json } from '../../../foundation/src/domain/json.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Outgoing } from './bulk-result.ts';
import type { EntityWriter } from './entity-writer.ts';
import { sourceHash } from './fingerprint.ts';
import { constraintsOf } from './foreign-keys.ts';
import type { PendingTable } from './table-batch.ts';

/** The request for a table as it is sent now, with the foreign keys that the server can accept. */
export interface TableRequest
  extends Outgoing, Pick<PendingTable, 'exists' | 'print' | 'constraints'> {}

export function requestOf(
  { fqn, text, print, constraints, exists }: PendingTable,
  foreignKeys: readonly unknown[],
): TableRequest {
  const hash = sourceHash(print, foreignKeys);
  const all = [...constraints.own, ...foreignKeys];
  const request = withConstraints(JSON.parse(text.toString('utf8')) as Json, all, hash);
  return { fqn, exists, print, constraints, hash, request };
}

/**
 * Puts one table, without its foreign keys if the server rejects it with them. Returns the number
 * of keys dropped. Throws the server's first rejection when it rejects the table without keys too.
 */
export async function putTableAlone(
  table: TableRequest,
  entities: EntityWriter,
  signal: AbortSignal,
  onArrived: (sent: TableRequest, id: string) => Promise<void>,
): Promise<number> {
  const put = async (sent: TableRequest): Promise<void> =>
    onArrived(sent, await putOne(sent, entities, signal));
  try {
    await put(table);
    return 0;
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    const { request, print, constraints } = table;
    const { foreignKeys } = constraintsOf(request);
    if (error.code !== 'SINK_REJECTED' || foreignKeys.length === 0) throw error;
    const hash = sourceHash(print, []);
    const bare = { ...table, hash, request: withConstraints(request, constraints.own, hash) };
    await put(bare).catch(() => {
      throw error;
    });
    return foreignKeys.length;
  }
}

async function putOne(
  { fqn, request, exists }: TableRequest,
  entities: EntityWriter,
  signal: AbortSignal,
): Promise<string> {
  const target = { type: 'table', fqn } as const;
  const found = exists ? await entities.find(target, signal) : undefined;
  return entities.put(target, request, found, signal);
}

function withConstraints(request: Json, constraints: readonly unknown[], hash: string): Json {
  const { tableConstraints: _, ...rest } = request;
  return {
    ...rest,
    ...(constraints.length > 0 ? { tableConstraints: constraints } : {}),
    sourceHash: hash,
  };
}
