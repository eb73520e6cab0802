import { ChangeSignal } from './change-signal.ts';

export interface ReadAheadOptions<T> {
  readonly weight: (item: T) => number;
  /** While items of this weight wait, no further one is taken. */
  readonly max: number;
}

/**
 * The items of `start`, in its order, taken before the reader asks for them: what produces them
 * continues while the reader is busy. A failure is thrown after the items before it. When the
 * reader leaves, the signal of `start` fires; this ends once its items have.
 */
export async function* readAhead<T>(
  start: (signal: AbortSignal) => AsyncIterable<T>,
  { weight, max }: ReadAheadOptions<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const left = new AbortController();
  const scope = AbortSignal.any([signal, left.signal]);
  const changed = new ChangeSignal();
  const waiting: T[] = [];
  let [held, ended] = [0, false];
  const taken = take(start(scope), async (item) => {
    waiting.push(item);
    held += weight(item);
    changed.notify();
    await changed.until(() => held < max, scope);
  }).finally(() => {
    ended = true;
    changed.notify();
  });
  // It is thrown to the reader below.
  taken.catch(() => undefined);
  try {
    for (;;) {
      while (waiting.length > 0) {
        const item = waiting.shift() as T;
        held -= weight(item);
        changed.notify();
        yield item;
      }
      if (ended) break;
      await changed.wait();
    }
    await taken;
  } finally {
    left.abort();
    await taken.catch(() => undefined);
  }
}

async function take<T>(items: AsyncIterable<T>, keep: (item: T) => Promise<void>): Promise<void> {
  for await (const item of items) await keep(item);
}
