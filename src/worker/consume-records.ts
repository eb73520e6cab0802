import { untilAborted, withDeadline, NEVER } from '../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';

/** How long a connector may take to clean up after it was stopped. */
const CLEANUP_TIMEOUT_MS = 2000;

/**
 * Passes each record to `write` before it requests the next. When that fails or the signal fires,
 * closes the iterator and rethrows; a connector that ignores the signal is abandoned.
 */
export async function consumeRecords<T>(
  records: AsyncIterator<T>,
  write: (record: T) => Promise<void>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (;;) {
      const next = await untilAborted(records.next(), signal);
      if (next.done === true) return;
      await write(next.value);
    }
  } catch (thrown) {
    await close(records, clock);
    throw thrown;
  }
}

async function close<T>(records: AsyncIterator<T>, clock: Clock): Promise<void> {
  const closed = Promise.resolve(records.return?.()).then(
    () => undefined,
    () => undefined,
  );
  await withDeadline('cleanup', CLEANUP_TIMEOUT_MS, clock, NEVER, () => closed).catch(
    () => undefined,
  );
}
