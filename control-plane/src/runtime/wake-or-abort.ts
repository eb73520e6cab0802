export interface WakeOrAbort {
  /** Resolves when `wake` is called or the signal aborts. */
  readonly woken: Promise<void>;
  readonly wake: () => void;
}

/** A wait that leaves no listener on its signal, which can live as long as the process. */
export function wakeOrAbort(signal: AbortSignal): WakeOrAbort {
  const { promise: woken, resolve } = Promise.withResolvers<void>();
  const wake = (): void => {
    signal.removeEventListener('abort', wake);
    resolve();
  };
  if (signal.aborted) resolve();
  else signal.addEventListener('abort', wake, { once: true });
  return { woken, wake };
}
