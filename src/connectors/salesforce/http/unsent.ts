/** Errors of connections that were never opened: nothing of a request can have reached the other side. */
const NEVER_SENT = new WeakSet<Error>();

export function markNeverSent<E extends Error>(error: E): E {
  NEVER_SENT.add(error);
  return error;
}

export function wasNeverSent(error: Error): boolean {
  return NEVER_SENT.has(error);
}
