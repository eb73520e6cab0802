import { untilAborted } from '../runtime/abort.ts';

/** Wakes those who wait for something to change. Look, then wait, without an await in between: no ring is missed. */
export class Bell {
  #next = Promise.withResolvers<void>();

  ring(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }

  /** Resolves at the next ring; rejects with the signal's reason. */
  wait(signal: AbortSignal): Promise<void> {
    return untilAborted(this.#next.promise, signal);
  }

  /** Resolves once `holds` does, looking again at each ring. */
  async until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    while (!holds()) await this.wait(signal);
  }
}
