import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { RunnerError } from '../runtime/errors.ts';
import type { RecordSink } from './record-sink.ts';

/** Records into a stream, standard output for example, at the pace of whoever reads it. */
export class StreamSink implements RecordSink {
  readonly #stream: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  async write(line: string, _last: boolean, signal: AbortSignal): Promise<void> {
    if (!this.#stream.write(line)) await this.#drained(signal);
  }

  /** With the operating system; a stream cannot promise more. */
  async flush(signal: AbortSignal): Promise<void> {
    if (this.#stream.writableLength > 0) await this.#drained(signal);
  }

  async #drained(signal: AbortSignal): Promise<void> {
    try {
      await once(this.#stream, 'drain', { signal });
    } catch (thrown) {
      throw signal.aborted ? RunnerError.from(signal.reason, 'ABORTED') : RunnerError.from(thrown, 'SINK_FAILED');
    }
  }
}
