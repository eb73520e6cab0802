import { Duplex } from 'node:stream';
import type { RunnerError } from '../runtime/errors.ts';

/**
 * A stream below TLS that does not pass on its end, once TLS is established. TLS then ends only
 * when the server announces it (close_notify), which no one else can; Node.js would report any end
 * of the connection as that of TLS.
 */
export class AnnouncedEnd extends Duplex {
  readonly #below: Duplex;
  /** The error of an end that was not announced; undefined while an end is passed on. */
  #unannounced: (() => RunnerError) | undefined;
  #isOver = false;

  constructor(below: Duplex) {
    super();
    this.#below = below;
    below.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) below.pause();
    });
    // TLS first sees what came before the end.
    below.on('end', () => setImmediate(() => this.#end()));
    below.on('error', (error) => this.destroy(error));
    below.on('close', () => setImmediate(() => this.#end()));
  }

  /** From now on, an end that was not announced destroys the stream with this error. */
  require(unannounced: () => RunnerError): void {
    this.#unannounced = unannounced;
  }

  #end(): void {
    if (this.#isOver || this.destroyed) return;
    this.#isOver = true;
    if (this.#unannounced === undefined) this.push(null);
    else this.destroy(this.#unannounced());
  }

  override _read(): void {
    this.#below.resume();
  }

  override _write(
    chunk: Buffer,
    encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.#below.write(chunk, encoding, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#below.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#below.destroy();
    done(error);
  }
}
