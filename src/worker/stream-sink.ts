import type { Writable } from 'node:stream';
import { untilAborted } from '../../foundation/src/runtime/abort.ts';
import { isErrno } from '../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { outputRemedy } from './file-sink.ts';
import type { RecordSink } from './record-sink.ts';

/** Writes records to a stream, such as standard output, at the pace of its reader. */
export class StreamSink implements RecordSink {
  readonly #stream: Writable;
  readonly #closed = Promise.withResolvers<void>();
  #failure: RunnerError | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.once('close', () => {
      this.#failure ??= readerClosed();
      this.#closed.resolve();
    });
  }

  async write(line: Buffer, _last: boolean, signal: AbortSignal): Promise<void> {
    this.#throwIfFailed();
    const { hasRoom, written } = this.#write(line);
    if (!hasRoom) await untilAborted(Promise.race([written, this.#closed.promise]), signal);
    this.#throwIfFailed();
  }

  /**
   * Resolves when the operating system has everything; a stream cannot promise more. Writes keep
   * their order, so it waits for an empty one.
   */
  async flush(signal: AbortSignal): Promise<void> {
    await untilAborted(Promise.race([this.#write('').written, this.#closed.promise]), signal);
    this.#throwIfFailed();
  }

  /** A stream reports its failure to the write that failed and to all later ones. */
  #write(bytes: Buffer | ''): { readonly hasRoom: boolean; readonly written: Promise<void> } {
    const { promise: written, resolve } = Promise.withResolvers<void>();
    const hasRoom = this.#stream.write(bytes, (error) => {
      if (error) this.#failure ??= writeError(error);
      resolve();
    });
    return { hasRoom, written };
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function writeError(error: Error): RunnerError {
  if (isErrno(error, 'EPIPE')) return readerClosed(error);
  const failure = RunnerError.from(error, 'SINK_FAILED');
  return new RunnerError(failure.code, `failed to write records: ${failure.message}`, {
    remedy: outputRemedy(failure),
    cause: error,
  });
}

function readerClosed(cause?: Error): RunnerError {
  return new RunnerError('SINK_FAILED', 'the reader closed the output before the last record', {
    cause,
  });
}
