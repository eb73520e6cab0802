import { createHash } from 'node:crypto';
import type { LogRecord, OutcomeRecord, RunRecord } from '../../foundation/src/domain/record.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { SerialQueue } from '../../foundation/src/runtime/serial-queue.ts';
import type { RecordEncoder } from './record-encoder.ts';
import { redactRecord } from './redact-record.ts';
import type { RecordSink } from './record-sink.ts';

/** Log lines that may wait for the sink; further ones are dropped and counted. */
const MAX_WAITING_LOGS = 1000;
/** A record must fit a frame of the protocol, even uncompressed. */
export const MAX_LINE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The stream of an attempt: turns records into redacted lines, in one order, and computes their
 * digest. Everything that the sink gets passes through here.
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

  /**
   * Names from the job that are not redacted where a record names its subject. See
   * `Connector.ownNames`.
   */
  keepNames(names: readonly string[]): void {
    this.#ownNames = names;
  }

  /**
   * Resolves with the record as redacted JSON when the sink has accepted it and every log line
   * before it. Undefined when the record was withheld: it is too large, or redaction destroyed it.
   */
  write(record: RunRecord, signal: AbortSignal): Promise<string | undefined> {
    return this.#queue.run(async () => {
      await this.#writeLogs(signal);
      const json = this.#redacted(record);
      const line = json === undefined ? undefined : lineOf(json);
      if (line === undefined || line.length > MAX_LINE_BYTES) return undefined;
      await this.#append(line, signal);
      return json;
    });
  }

  /** Never waits: the line is written before the next record, or at once while the sink is idle. */
  log(record: LogRecord, signal: AbortSignal): void {
    if (this.#logs.length >= MAX_WAITING_LOGS) {
      this.#droppedLogs += 1;
      return;
    }
    this.#logs.push(record);
    if (this.#logs.length > 1) return;
    // An error here occurs again at the next record, whose caller waits for it.
    this.#queue.run(() => this.#writeLogs(signal)).catch(() => undefined);
  }

  /**
   * Writes and flushes the outcome, with count and digest. Resolves with the outcome before
   * redaction and with its line.
   */
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
      const line = lineOf(this.#outcomeJson(complete));
      await this.#sink.write(line, true, signal);
      await this.#sink.flush(signal);
      return { outcome: complete, line: line.toString() };
    });
  }

  async #writeLogs(signal: AbortSignal): Promise<void> {
    for (let record = this.#nextLog(); record !== undefined; record = this.#nextLog()) {
      const json = this.#redacted(record);
      if (json !== undefined && json.length < MAX_LINE_BYTES / 4)
        await this.#append(lineOf(json), signal);
    }
  }

  #nextLog(): LogRecord | undefined {
    const next = this.#logs.shift();
    if (next !== undefined || this.#droppedLogs === 0) return next;
    const message = `${this.#droppedLogs} log lines were dropped: they were logged faster than they could be written`;
    this.#droppedLogs = 0;
    return { kind: 'log', time: this.#clock.now(), level: 'warn', message };
  }

  async #append(line: Buffer, signal: AbortSignal): Promise<void> {
    await this.#sink.write(line, false, signal);
    this.#digest.update(line);
    this.#records += 1;
  }

  /** An outcome that cannot be redacted is written without everything that came from outside. */
  #outcomeJson(outcome: OutcomeRecord): string {
    return (
      this.#redacted(outcome) ??
      JSON.stringify({ ...outcome, counts: {}, steps: [], failures: [], error: undefined })
    );
  }

  /**
   * Undefined when redaction destroyed the record: a secret can look like anything, also like a
   * keyword of JSON.
   */
  #redacted(record: RunRecord): string | undefined {
    const json = this.#encoder.encode(record);
    if (this.#redact(json) === json) return json;
    return redactRecord(record, this.#ownNames, this.#redact);
  }
}

/**
 * Encoded once, for sink and digest. A text with a newline added would be copied before that.
 * Memory that is not zeroed could hold a secret, should the size ever differ from what is written.
 */
function lineOf(json: string): Buffer {
  const size = Buffer.byteLength(json);
  const line = Buffer.alloc(size + 1);
  line.write(json);
  line[size] = NEWLINE;
  return line;
}
