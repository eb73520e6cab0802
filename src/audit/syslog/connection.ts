import type { Duplex } from 'node:stream';
import { untilAborted, withDeadline } from '../../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

/** For each part to be taken from this machine, and for the server to close at the end. */
const PATIENCE_MS = 30_000;

/**
 * One connection to a syslog server. Syslog acknowledges nothing; a server only answers the end of
 * a connection, and only once it has read everything before it (RFC 5425, 4.4).
 */
export class SyslogConnection {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #answered = Promise.withResolvers<void>();
  #isFinishing = false;

  /** Takes over an open TLS connection. */
  constructor(stream: Duplex, clock: Clock, patienceMs = PATIENCE_MS) {
    this.#stream = stream;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#answered.promise.catch(() => undefined);
    stream.on('data', () => this.#fail(unexpectedData()));
    stream.on('end', () => (this.#isFinishing ? this.#answered.resolve() : this.#fail(early())));
    stream.on('error', (error) => this.#fail(RunnerError.from(error, 'NETWORK_RESET')));
    stream.on('close', () => this.#fail(early()));
  }

  /** Resolves when this machine has taken the bytes. Throws NETWORK_RESET and NETWORK_TIMEOUT. */
  async send(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const taken = Promise.withResolvers<void>();
    this.#stream.write(bytes, () => taken.resolve());
    await this.#within('take data', Promise.race([taken.promise, this.#answered.promise]), signal);
  }

  /**
   * Ends the connection and resolves when the server has done so too: it has read everything.
   * Throws NETWORK_RESET and NETWORK_TIMEOUT.
   */
  async finish(signal: AbortSignal): Promise<void> {
    this.#isFinishing = true;
    this.#stream.end();
    await this.#within('end the connection', this.#answered.promise, signal);
  }

  close(): void {
    this.#stream.destroy();
  }

  async #within(what: string, work: Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await withDeadline(what, this.#patienceMs, this.#clock, signal, (limit) =>
        untilAborted(work, limit),
      );
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted || error.code !== 'DEADLINE_EXCEEDED') throw error;
      throw new RunnerError(
        'NETWORK_TIMEOUT',
        `the syslog server did not ${what} within ${this.#patienceMs} ms`,
        { cause: error },
      );
    }
  }

  #fail(error: RunnerError): void {
    this.#answered.reject(error);
    this.#stream.destroy();
  }
}

function early(): RunnerError {
  return new RunnerError(
    'NETWORK_RESET',
    'the syslog server closed the connection before it had everything',
  );
}

/** For example an HTTP server, which would also close the connection at its end. */
function unexpectedData(): RunnerError {
  return new RunnerError(
    'NETWORK_RESET',
    'the server sent data, which a syslog server never does',
    {
      remedy: 'Check that audit.syslog.url names a port for syslog over TLS (RFC 5425).',
    },
  );
}
