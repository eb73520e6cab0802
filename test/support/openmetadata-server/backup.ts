import type { ServerContext } from './context.ts';

/**
 * Backs up what the server's database has of the catalog and of runs. Returns what restores it.
 * Pipelines stay.
 */
export function backUp({
  store,
  state,
  pipelining,
}: Pick<ServerContext, 'store' | 'state' | 'pipelining'>): () => void {
  const restores = [
    store.backUp(),
    backUpMap(state.lineage),
    backUpMap(state.profiles),
    backUpMap(state.samples),
    backUpMap(pipelining.runs),
  ];
  return () => {
    for (const restore of restores) restore();
  };
}

function backUpMap<K, V>(map: Map<K, V>): () => void {
  const saved = structuredClone(map);
  return () => {
    map.clear();
    for (const [key, value] of structuredClone(saved)) map.set(key, value);
  };
}
