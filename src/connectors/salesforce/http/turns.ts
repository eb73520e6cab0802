import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long one piece of work goes on before others get their turn, in milliseconds. */
const TURN_MS = 4;

/** Shares the event loop: long work calls `pass` wherever it can be interrupted. */
export class Turns {
  #since = performance.now();

  /** Waits for the others if this work has had its turn. Throws what the signal was aborted with. */
  async pass(signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#since < TURN_MS) return;
    await nextTurn(undefined, { signal });
    this.#since = performance.now();
  }
}
