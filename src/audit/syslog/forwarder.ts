/*
 * Sends the audit trail to a syslog server, which keeps the second copy.
 *
 * What must never break:
 * 1. The cursor moves only past lines that the server has read, as its answer to the end of the
 *    connection says. Every other end of a connection means that they are sent again.
 * 2. Lines are sent in order, as they are in their files, and only once they are durable there.
 * 3. Nothing waits for the server: the record is the file.
 */
import type { Duplex } from 'node:stream';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Metrics } from '../../../foundation/src/logging/metrics.ts';
import { type Endpoint, formatEndpoint } from '../../../foundation/src/network/endpoint.ts';
import { Backoff } from '../../../foundation/src/runtime/backoff.ts';
import { localErrorFields } from '../../../foundation/src/runtime/error-fields.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import { sleepUnlessAborted } from '../../../foundation/src/runtime/wait.ts';
import { durableEnd } from '../durable-end.ts';
import { trailFiles } from '../files.ts';
import type { Link } from '../line.ts';
import type { TrailPlace } from '../lock.ts';
import { readTail } from '../tail.ts';
import type { Backlog } from './backlog.ts';
import { SyslogConnection } from './connection.ts';
import { type Cursor, readCursor, writeCursor } from './cursor.ts';
import type { Origin } from './message.ts';
import { partsOf } from './parts.ts';
import { type Continuation, continueAfter, isAt, linesAfter } from './pending.ts';

export interface ForwarderOptions {
  readonly place: TrailPlace;
  readonly stateDir: string;
  readonly server: Endpoint;
  readonly origin: Origin;
  /** Opens a TLS connection to the server, which the caller owns. */
  readonly open: (signal: AbortSignal) => Promise<Duplex>;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** How often the trail is looked at. */
const POLL_MS = 5_000;
const BACKOFF = { baseMs: 1_000, capMs: 300_000, stableMs: 60_000 };

export class SyslogForwarder {
  readonly #options: ForwarderOptions;
  readonly #server: string;
  #cursor: Cursor | undefined;
  #waitingSince: number | undefined;
  #isWorking: boolean | undefined;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#server = formatEndpoint(options.server);
  }

  /** Sends lines until `signal` fires. Never rejects: failures are logged, and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { place, random } = this.#options;
    const backoff = new Backoff(BACKOFF, place.clock, random);
    for (let pause = 0; await sleepUnlessAborted(place.clock, pause, signal);) {
      try {
        pause = (await this.#sendPending(signal)) ? 0 : POLL_MS;
        backoff.succeeded();
      } catch (thrown) {
        if (signal.aborted) return;
        const error = RunnerError.from(thrown);
        this.#note(error);
        pause = backoff.pauseAfter(error);
      }
    }
  }

  /** Reads little of the trail. Throws AUDIT_DAMAGED and the errors of the disk. */
  async backlog(): Promise<Backlog> {
    const end = (await this.#end())?.number ?? 0;
    const now = this.#options.place.clock.now();
    return {
      lines: Math.max(0, end - (this.#cursor?.number ?? 0)),
      seconds: Math.max(0, now - (this.#waitingSince ?? now)) / 1000,
    };
  }

  /** Over one connection. Resolves with whether that was not enough for all of it. */
  async #sendPending(signal: AbortSignal): Promise<boolean> {
    const { place, stateDir } = this.#options;
    const cursor = (this.#cursor ??= await readCursor(place.disk, stateDir, this.#server));
    const seen = await this.#end();
    if (seen === undefined || isAt(cursor, seen)) return false;
    const end = await durableEnd(place, signal);
    if (end === undefined) return false;
    const next = await continueAfter(place.disk, place.directory, cursor, end);
    if (next === undefined) return false;
    this.#begin(next, cursor);
    this.#cursor = next.cursor;
    const sent = await this.#deliver(next.cursor, end, signal);
    await writeCursor(place.disk, stateDir, sent);
    this.#cursor = sent;
    this.#waitingSince = undefined;
    this.#note(undefined);
    return sent.number < end.number;
  }

  #begin({ first, isGap }: Continuation, { number }: Cursor): void {
    const { logger, metrics, place } = this.#options;
    const known = this.#waitingSince ?? place.clock.now();
    this.#waitingSince = Date.parse(first.line?.time ?? '') || known;
    if (!isGap) return;
    metrics.count('auditSyslogGaps', {});
    logger.log('error', 'alarm: the audit trail does not continue what syslog has', {
      alarm: 'auditSyslogGap',
      server: this.#server,
      sent: number,
      continuesWith: first.cursor.number,
    });
  }

  /** Resolves with the cursor after what the server has read. */
  async #deliver(from: Cursor, { number: last }: Link, signal: AbortSignal): Promise<Cursor> {
    const { place, origin, open } = this.#options;
    const connection = new SyslogConnection(await open(signal), place.clock);
    try {
      let cursor = from;
      const lines = linesAfter(place.disk, place.directory, from);
      for await (const part of partsOf(lines, last, origin)) {
        await connection.send(part.bytes, signal);
        ({ cursor } = part);
      }
      await connection.finish(signal);
      return cursor;
    } finally {
      connection.close();
    }
  }

  async #end(): Promise<Link | undefined> {
    const { disk, directory } = this.#options.place;
    return (await readTail(disk, await trailFiles(disk, directory)))?.end;
  }

  #note(error: RunnerError | undefined): void {
    const isWorking = error === undefined;
    if (isWorking === this.#isWorking) return;
    this.#isWorking = isWorking;
    const { logger } = this.#options;
    const fields = { server: this.#server };
    if (isWorking) logger.log('info', 'audit trail sent to syslog', fields);
    else
      logger.log('warn', 'failed to send the audit trail to syslog; retrying', {
        ...fields,
        ...localErrorFields(error),
      });
  }
}
