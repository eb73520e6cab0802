import type { Writable } from 'node:stream';
import type { Logger } from '../../foundation/src/logging/logger.ts';

// Invariants:
// 1. Nothing that code of the worker prints leaves this process unredacted.
// 2. It is redacted with every secret of the attempt, those that became known after the output
//    included.
// 3. It is redacted as one text, so no secret is split between writes or lines. Output too long for
//    that is withheld.

const MAX_HELD_BYTES = 64 * 1024;
const MAX_LINES = 200;
const MAX_LINE_LENGTH = 2000;

/**
 * Output that the worker's code should not write: console calls, warnings of Node.js, a forgotten
 * debug line. A worker reports by messages, so its output streams are buffered from the start and
 * written to the local log at the end.
 */
export class StrayOutput {
  readonly #redact: (text: string) => string;
  readonly #buffers: OutputBuffer[];

  /** Replaces `write` of the streams for the life of the process. */
  constructor(streams: readonly Writable[], redact: (text: string) => string) {
    this.#redact = redact;
    this.#buffers = streams.map((stream) => {
      const buffer = new OutputBuffer();
      replaceWrite(stream, (bytes) => buffer.add(bytes));
      return buffer;
    });
  }

  /** Logs and empties the buffers, redacted with the secrets known so far. */
  logAndClear(logger: Logger): void {
    for (const buffer of this.#buffers) {
      const { text, bytes } = buffer.take();
      if (text === undefined)
        logger.log('warn', 'withheld unexpected output: too large to redact', {
          bytes,
        });
      else if (bytes > 0) this.#log(text, logger);
    }
  }

  #log(text: string, logger: Logger): void {
    const lines = this.#redact(text)
      .split('\n')
      .filter((line) => line !== '');
    for (const line of lines.slice(0, MAX_LINES))
      logger.log('warn', 'unexpected worker output', { line: line.slice(0, MAX_LINE_LENGTH) });
    if (lines.length > MAX_LINES)
      logger.log('warn', 'further unexpected worker output omitted', {
        lines: lines.length - MAX_LINES,
      });
  }
}

/** Bytes of one stream up to a limit, then only their number. */
class OutputBuffer {
  #chunks: Buffer[] = [];
  #bytes = 0;

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= MAX_HELD_BYTES) this.#chunks.push(chunk);
    else this.#chunks = [];
  }

  take(): { readonly text: string | undefined; readonly bytes: number } {
    const taken = {
      text: this.#bytes > MAX_HELD_BYTES ? undefined : Buffer.concat(this.#chunks).toString(),
      bytes: this.#bytes,
    };
    this.#chunks = [];
    this.#bytes = 0;
    return taken;
  }
}

function replaceWrite(stream: Writable, add: (bytes: Buffer) => void): void {
  const write = (chunk: unknown, encoding?: unknown, done?: unknown): boolean => {
    add(bytesOf(chunk, encoding));
    const written = typeof encoding === 'function' ? encoding : done;
    if (typeof written === 'function') process.nextTick(() => void written());
    return true;
  };
  stream.write = write;
}

function bytesOf(chunk: unknown, encoding: unknown): Buffer {
  if (chunk instanceof Uint8Array) return Buffer.from(chunk);
  return Buffer.from(
    String(chunk),
    typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8',
  );
}
