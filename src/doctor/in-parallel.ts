import { each, parallelMap } from '../../foundation/src/runtime/parallel-map.ts';

/** Servers and references at a time: more would themselves cause the timeouts that are reported. */
export const PARALLEL = 16;

/** The results of `work` in the order of `items`, with a few under way at a time. */
export async function inParallel<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const done = parallelMap(
    each(items.entries()),
    () => PARALLEL,
    signal,
    async ([index, item]) => [index, await work(item, index)] as const,
  );
  for await (const [index, result] of done) results[index] = result;
  return results;
}
