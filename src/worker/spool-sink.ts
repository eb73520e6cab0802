import type { Sequence } from '../../foundation/src/domain/ids.ts';
import { ChangeSignal } from '../../foundation/src/runtime/change-signal.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { SpoolWriter } from '../spool/writer.ts';
import type { RecordSink } from './record-sink.ts';

/** Writes records to the spool. While paused it accepts the outcome only. */
export class SpoolSink implements RecordSink {
  readonly #writer: SpoolWriter;
  readonly #resumed = new ChangeSignal();
  #isPaused = false;
  #outcome: Sequence | undefined;

  constructor(writer: SpoolWriter) {
    this.#writer = writer;
  }

  /** Whether the records up to this one end with the outcome. */
  isComplete(durable: Sequence): boolean {
    return this.#outcome !== undefined && durable >= this.#outcome;
  }

  /** The link pauses the sink while too many records wait for delivery. */
  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (!isPaused) this.#resumed.notify();
  }

  /**
   * Throws SPOOL_FULL when its deadline passes while it is paused, DISK_FULL when it passes while
   * the disk is full.
   */
  async write(line: Buffer, last: boolean, signal: AbortSignal): Promise<void> {
    try {
      if (!last) await this.#resumed.until(() => !this.#isPaused, signal);
      const sequence = await this.#writer.append(line, { last }, signal);
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

  /** Replaces a missed deadline by what the write was waiting for. */
  #explain(thrown: unknown, last: boolean): RunnerError {
    const error = RunnerError.from(thrown);
    if (error.code !== 'DEADLINE_EXCEEDED') return error;
    if (this.#isPaused && !last)
      return new RunnerError('SPOOL_FULL', 'the spool stayed full until the deadline of the run', {
        cause: error,
      });
    return this.#writer.condition ?? error;
  }
}
