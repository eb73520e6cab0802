import { aborted, untilAborted } from '../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { runAfter } from '../../foundation/src/runtime/wait.ts';
import type { Stop } from './stop.ts';

/**
 * How long the outcome of a stopped attempt may take to write. Shorter than the time after which a
 * stopped worker is killed.
 */
const STOPPED_TIMEOUT_MS = 8000;

/**
 * Writes the outcome. A full disk may delay it for as long as the attempt may run, but not for long
 * once the attempt was stopped: then it rejects with DEADLINE_EXCEEDED.
 */
export async function writeOutcome<T>(
  { stop, clock }: { readonly stop: Stop; readonly clock: Clock },
  write: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const written = new AbortController();
  const timeout = new AbortController();
  void aborted(AbortSignal.any([stop.signal, written.signal])).then(() =>
    runAfter(clock, STOPPED_TIMEOUT_MS, () => timeout.abort(timeoutError()), written.signal),
  );
  try {
    return await untilAborted(write(timeout.signal), timeout.signal);
  } finally {
    written.abort();
  }
}

function timeoutError(): RunnerError {
  return new RunnerError(
    'DEADLINE_EXCEEDED',
    `writing the outcome took longer than ${STOPPED_TIMEOUT_MS} ms`,
  );
}
