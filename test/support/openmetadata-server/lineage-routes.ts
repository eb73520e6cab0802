import { Problem } from './problem.ts';
import { check } from './request-checks.ts';
import type { Reply, ServerState } from './server-state.ts';
import type { Entity, Json, Store } from './store.ts';

export function addLineage(body: unknown, store: Store, state: ServerState): Reply {
  check('lineage', body);
  const { edge } = body as {
    readonly edge: { readonly fromEntity: Entity; readonly toEntity: Entity };
  };
  const [from, to] = [edge.fromEntity, edge.toEntity].map(
    ({ id }) => store.byId('table', id).fullyQualifiedName,
  );
  state.lineage.set(`${from} -> ${to}`, edge);
  return { status: 200 };
}

export function deleteLineage(
  [, , fromId, , toId]: readonly string[],
  store: Store,
  state: ServerState,
): Reply {
  const [from, to] = [fromId, toId].map((id) => store.byId('table', id!).fullyQualifiedName);
  if (!state.lineage.delete(`${from} -> ${to}`)) throw new Problem(404, 'Lineage edge not found');
  return { status: 200 };
}

/** The edges to a table, with the details that a server adds. */
export function upstream(table: string, store: Store, state: ServerState): Reply {
  const { id } = store.get('table', table);
  const edges = [...state.lineage.values()] as unknown as {
    readonly fromEntity: Json;
    readonly toEntity: Json;
    readonly lineageDetails?: Json;
  }[];
  const upstreamEdges = edges
    .filter(({ toEntity }) => toEntity['id'] === id)
    .map(({ fromEntity, toEntity, lineageDetails }) => ({
      fromEntity: fromEntity['id'],
      toEntity: toEntity['id'],
      lineageDetails: { ...lineageDetails, updatedBy: 'bot', updatedAt: 1, pipeline: null },
    }));
  return {
    status: 200,
    body: { entity: { id, type: 'table' }, nodes: [], upstreamEdges, downstreamEdges: [] },
  };
}
