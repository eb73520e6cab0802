import type { Duplex } from 'node:stream';
import { RunnerError } from '../runtime/errors.ts';

type Listen = (event: string, listener: (...args: never[]) => void) => void;

/**
 * Waits for an event while a stream is being opened. Rejects if the stream fails or closes first,
 * or the signal fires. Removes all its listeners, and leaves destroying the stream to the caller.
 */
export async function settle<T>(
  stream: Duplex,
  signal: AbortSignal,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void, listen: Listen) => void,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const listeners: [string, (...args: never[]) => void][] = [];
  const listen: Listen = (event, listener) => {
    listeners.push([event, listener]);
    stream.on(event, listener as (...args: unknown[]) => void);
  };
  const onAbort = (): void => reject(signal.reason);
  const onClose = (): void =>
    reject(
      new RunnerError(
        'NETWORK_RESET',
        'the server closed the connection while it was being opened',
      ),
    );
  listen('error', reject);
  listen('close', onClose);
  listen('end', onClose);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  else start(resolve, reject, listen);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    for (const [event, listener] of listeners)
      stream.off(event, listener as (...args: unknown[]) => void);
  }
}
