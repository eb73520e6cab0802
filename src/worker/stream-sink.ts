import type { Writable } from 'node:stream';
import { untilAborted } from '../runtime/abort.ts';
import { RunnerError } from '../runtime/errors.ts';
import { outputRemedy } from './file-sink.ts';
import type { RecordSink } from './record-sink.ts';

/** Records into a stream, standard output for example, at the pace of whoever reads it. */
export class StreamSink implements RecordSink {
  readonly #stream: Writable;
  readonly #closed = Promise.withResolvers<void>();
  #failure: RunnerError | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.once('close', () => {
      this.#failure ??= readerGone();
      this.#closed.resolve();
    });
  }

  async write(line: string, _last: boolean, signal: AbortSignal): Promise<void> {
    this.#throwIfFailed();
    const { room, handedOn } = this.#write(line);
    if (!room) await untilAborted(Promise.race([handedOn, this.#closed.promise]), signal);
    this.#throwIfFailed();
  }

  /** With the operating system; a stream cannot promise more. Writes are handed on in order, so nothing at all will do to wait for. */
  async flush(signal: AbortSignal): Promise<void> {
    await untilAborted(Promise.race([this.#write('').handedOn, this.#closed.promise]), signal);
    this.#throwIfFailed();
  }

  /** A stream that fails says so with the write that it failed, and with all that come after. */
  #write(text: string): { readonly room: boolean; readonly handedOn: Promise<void> } {
    const { promise: handedOn, resolve } = Promise.withResolvers<void>();
    const room = this.#stream.write(text, (error) => {
      if (error) this.#failure ??= failureOf(error);
      resolve();
    });
    return { room, handedOn };
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function failureOf(error: NodeJS.ErrnoException): RunnerError {
  if (error.code === 'EPIPE') return readerGone(error);
  const failure = RunnerError.from(error, 'SINK_FAILED');
  return new RunnerError(failure.code, `writing the records failed: ${failure.message}`, {
    remedy: outputRemedy(failure),
    cause: error,
  });
}

function readerGone(cause?: Error): RunnerError {
  return new RunnerError('SINK_FAILED', 'the reader of the records went away before the last one', {
    cause,
  });
}
