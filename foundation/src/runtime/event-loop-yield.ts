import { setImmediate as nextTick } from 'node:timers/promises';

/** How long a piece of work may hold the event loop, in milliseconds. */
const SLICE_MS = 4;

/**
 * Lets other work run in the middle of long computations: call `whenDue` wherever the computation
 * may pause.
 */
export class EventLoopYield {
  #since = performance.now();

  /**
   * Yields to the event loop if this work has held it for its slice. Throws what the signal was
   * aborted with.
   */
  async whenDue(signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await nextTick(undefined, { signal });
    this.#since = performance.now();
  }
}
