import { createHash } from 'node:crypto';
import type { LogRecord, OutcomeRecord, RunRecord } from '../domain/record.ts';
import type { Clock } from '../runtime/clock.ts';
import { SerialQueue } from '../runtime/serial-queue.ts';
import type { RecordEncoder } from './record-encoder.ts';
import { redactRecord } from './redact-record.ts';
import type { RecordSink } from './record-sink.ts';

/** Logs that wait for the sink; beyond these, new ones are counted and not kept. */
const MAX_WAITING_LOGS = 1000;
/** One record fits a frame of the protocol even when nothing compresses it. */
export const MAX_LINE_BYTES = 1024 * 1024;

/**
 * The stream of an attempt: records become redacted lines, in one order, under a running digest. Nothing reaches the
 * sink but through here.
 */
export class RecordStream {
  readonly #sink: RecordSink;
  readonly #encoder: RecordEncoder;
  readonly #redact: (line: string) => string;
  readonly #clock: Clock;
  readonly #digest = createHash('sha256');
  #records = 0;
  #logs: LogRecord[] = [];
  #droppedLogs = 0;
  #ownNames: readonly string[] = [];
  readonly #queue = new SerialQueue();

  constructor(
    sink: RecordSink,
    encoder: RecordEncoder,
    redact: (line: string) => string,
    clock: Clock,
  ) {
    this.#sink = sink;
    this.#encoder = encoder;
    this.#clock = clock;
    this.#redact = redact;
  }

  /** From now on these names of the job's own go out as they are, where records say what they are about. See Connector.ownNames. */
  keepNames(names: readonly string[]): void {
    this.#ownNames = names;
  }

  /**
   * Resolves when the sink has taken the record, and before it every log so far, with the line it became. Undefined when
   * the record was withheld: it is too large, or what redaction left of it is no record any more.
   */
  write(record: RunRecord, signal: AbortSignal): Promise<string | undefined> {
    return this.#queue.run(async () => {
      await this.#writeLogs(signal);
      const line = this.#redacted(record);
      if (line === undefined || Buffer.byteLength(line) > MAX_LINE_BYTES) return undefined;
      await this.#append(line, signal);
      return line;
    });
  }

  /** Never waits: the line goes out before the next record, or by itself while the sink is free. */
  log(record: LogRecord, signal: AbortSignal): void {
    if (this.#logs.length >= MAX_WAITING_LOGS) {
      this.#droppedLogs += 1;
      return;
    }
    this.#logs.push(record);
    if (this.#logs.length > 1) return;
    // Whatever goes wrong here goes wrong again for the next record, where someone waits for it.
    this.#queue.run(() => this.#writeLogs(signal)).catch(() => undefined);
  }

  /** Writes the outcome with its count and digest, and sees it to safety. Returns it as it was before redaction, and the line it became. */
  end(
    outcome: Omit<OutcomeRecord, 'records' | 'digest'>,
    signal: AbortSignal,
  ): Promise<{ readonly outcome: OutcomeRecord; readonly line: string }> {
    return this.#queue.run(async () => {
      await this.#writeLogs(signal);
      const complete: OutcomeRecord = {
        ...outcome,
        records: this.#records,
        digest: this.#digest.digest('hex'),
      };
      const line = this.#outcomeLine(complete);
      await this.#sink.write(line, true, signal);
      await this.#sink.flush(signal);
      return { outcome: complete, line };
    });
  }

  async #writeLogs(signal: AbortSignal): Promise<void> {
    for (let record = this.#nextLog(); record !== undefined; record = this.#nextLog()) {
      const line = this.#redacted(record);
      if (line !== undefined && line.length <= MAX_LINE_BYTES / 4) await this.#append(line, signal);
    }
  }

  #nextLog(): LogRecord | undefined {
    const next = this.#logs.shift();
    if (next !== undefined || this.#droppedLogs === 0) return next;
    const message = `${this.#droppedLogs} log lines were dropped because they came faster than they could be written`;
    this.#droppedLogs = 0;
    return { kind: 'log', time: this.#clock.now(), level: 'warn', message };
  }

  async #append(line: string, signal: AbortSignal): Promise<void> {
    await this.#sink.write(line, false, signal);
    this.#digest.update(line);
    this.#records += 1;
  }

  /** An outcome that cannot be redacted still has to say that it is one: with nothing in it that came from outside. */
  #outcomeLine(outcome: OutcomeRecord): string {
    return (
      this.#redacted(outcome) ??
      `${JSON.stringify({ ...outcome, counts: {}, steps: [], failures: [], error: undefined })}\n`
    );
  }

  /** Undefined when what is left is no record of that kind: a secret may look like anything, JSON's own words too. */
  #redacted(record: RunRecord): string | undefined {
    const line = this.#encoder.encode(record);
    if (this.#redact(line) === line) return `${line}\n`;
    const redacted = redactRecord(record, this.#ownNames, this.#redact);
    return redacted === undefined ? undefined : `${redacted}\n`;
  }
}
