/** Handles one item; the signal fires when the work on the other items is abandoned. */
export type Work<T, R> = (item: T, signal: AbortSignal) => Promise<R>;

type Step<T, R> =
  | { readonly kind: 'item'; readonly next: IteratorResult<T> }
  | { readonly kind: 'done'; readonly task: Promise<Step<T, R>>; readonly result: R };

/**
 * Results of `work` over `items` in the order in which they are ready, with at most `limit()` under
 * way. The reader sets the pace: a result that has not been taken keeps its place under the limit.
 * The first failure stops everything and is thrown once all work has ended.
 */
export async function* parallelMap<T, R>(
  items: AsyncIterable<T>,
  limit: () => number,
  signal: AbortSignal,
  work: Work<T, R>,
): AsyncGenerator<R, void, undefined> {
  const stop = new AbortController();
  const bounded = AbortSignal.any([signal, stop.signal]);
  const source = items[Symbol.asyncIterator]();
  const running = new Set<Promise<Step<T, R>>>();
  let pull: Promise<Step<T, R>> | undefined;
  let more = true;
  try {
    while (more || running.size > 0) {
      if (more && pull === undefined && running.size < Math.max(1, limit()))
        pull = source.next().then((next): Step<T, R> => ({ kind: 'item', next }));
      const step = await Promise.race(pull === undefined ? running : [...running, pull]);
      if (step.kind === 'done') {
        running.delete(step.task);
        yield step.result;
      } else {
        pull = undefined;
        if (step.next.done === true) more = false;
        else running.add(begin(step.next.value, bounded, work));
      }
    }
  } finally {
    stop.abort();
    await Promise.allSettled(running);
    await source.return?.();
  }
}

function begin<T, R>(item: T, signal: AbortSignal, work: Work<T, R>): Promise<Step<T, R>> {
  const task: Promise<Step<T, R>> = work(item, signal).then((result) => ({
    kind: 'done',
    task,
    result,
  }));
  return task;
}

/** A list as an input of `parallelMap`. */
export async function* each<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items;
}
