import { untilAborted } from '../../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

/**
 * Work that several callers wait for, each under a signal of its own. Its own signal fires when the
 * last of them has left, so that no work continues without a reader.
 */
export class SharedWork<T> {
  readonly #abandoned = new AbortController();
  readonly #result: Promise<T>;
  #waiting = 0;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#result = work(this.#abandoned.signal);
    // A caller that has left does not see the failure, which must not count as unhandled.
    this.#result.catch(() => undefined);
  }

  /** It can no longer be joined. */
  get isAbandoned(): boolean {
    return this.#abandoned.signal.aborted;
  }

  async join(signal: AbortSignal): Promise<T> {
    this.#waiting += 1;
    try {
      return await untilAborted(this.#result, signal);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0)
        this.#abandoned.abort(new RunnerError('ABORTED', 'the last reader has left'));
    }
  }
}
