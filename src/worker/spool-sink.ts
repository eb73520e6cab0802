import type { Sequence } from '../domain/ids.ts';
import { untilAborted } from '../runtime/abort.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { SpoolWriter } from '../spool/writer.ts';
import type { RecordSink } from './record-sink.ts';

/** Records into the spool. While paused it takes nothing but the outcome. */
export class SpoolSink implements RecordSink {
  readonly #writer: SpoolWriter;
  #resumed: PromiseWithResolvers<void> | undefined;
  #outcome: Sequence | undefined;

  constructor(writer: SpoolWriter) {
    this.#writer = writer;
  }

  /** Whether the records up to this one end with the outcome. */
  isComplete(durable: Sequence): boolean {
    return this.#outcome !== undefined && durable >= this.#outcome;
  }

  /** Pauses when too much waits to be delivered, and goes on when it is. */
  setPaused(paused: boolean): void {
    if (!paused) {
      this.#resumed?.resolve();
      this.#resumed = undefined;
    } else {
      this.#resumed ??= Promise.withResolvers();
    }
  }

  /** Throws SPOOL_FULL when its patience ends while it is paused, DISK_FULL when it ends while there is no room on disk. */
  async write(line: string, last: boolean, signal: AbortSignal): Promise<void> {
    try {
      if (!last) await this.#untilResumed(signal);
      const sequence = await this.#writer.append(Buffer.from(line), { last }, signal);
      if (last) this.#outcome = sequence;
    } catch (thrown) {
      throw this.#explain(thrown, last);
    }
  }

  async flush(signal: AbortSignal): Promise<void> {
    try {
      await this.#writer.flush(signal);
    } catch (thrown) {
      throw this.#explain(thrown, true);
    }
  }

  async #untilResumed(signal: AbortSignal): Promise<void> {
    while (this.#resumed !== undefined) await untilAborted(this.#resumed.promise, signal);
  }

  /** An impatient end means more when it is known what was waited for. */
  #explain(thrown: unknown, last: boolean): RunnerError {
    const error = RunnerError.from(thrown);
    if (error.code !== 'DEADLINE_EXCEEDED') return error;
    if (this.#resumed !== undefined && !last)
      return new RunnerError(
        'SPOOL_FULL',
        'nothing was delivered for as long as the attempt may take',
        { cause: error },
      );
    return this.#writer.condition ?? error;
  }
}
