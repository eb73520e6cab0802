import type { Writable } from 'node:stream';
import type { Logger } from '../observability/logger.ts';

// What must never break:
// 1. Nothing that code of the worker prints leaves this process as it was written.
// 2. It is redacted with every secret that the attempt came to know, also those it learned after they were printed.
// 3. It is redacted whole, so no secret is split between writes or lines. What is too long for that is withheld.

const MAX_HELD_BYTES = 64 * 1024;
const MAX_LINES = 200;
const MAX_LINE_LENGTH = 2000;

/**
 * Output that the worker's code was not meant to write: console calls, warnings of Node, a forgotten debug line. A worker
 * reports by messages, so its output streams are held back from the start and released to the local log at the end.
 */
export class StrayOutput {
  readonly #redact: (text: string) => string;
  readonly #held: Held[];

  /** Takes over `write` of the streams for as long as the process lives. */
  constructor(streams: readonly Writable[], redact: (text: string) => string) {
    this.#redact = redact;
    this.#held = streams.map((stream) => {
      const held = new Held();
      takeOver(stream, (bytes) => held.add(bytes));
      return held;
    });
  }

  /** Logs what was held, redacted with what is known by now, and forgets it. */
  release(logger: Logger): void {
    for (const held of this.#held) {
      const { text, bytes } = held.take();
      if (text === undefined)
        logger.log('warn', 'the worker wrote unexpected output, too much to redact: withheld', {
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
      logger.log('warn', 'worker output', { line: line.slice(0, MAX_LINE_LENGTH) });
    if (lines.length > MAX_LINES)
      logger.log('warn', 'further worker output omitted', { lines: lines.length - MAX_LINES });
  }
}

/** Bytes of one stream, up to a limit; beyond it their number alone. */
class Held {
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

function takeOver(stream: Writable, hold: (bytes: Buffer) => void): void {
  const write = (chunk: unknown, encoding?: unknown, done?: unknown): boolean => {
    hold(bytesOf(chunk, encoding));
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
