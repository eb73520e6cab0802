/** The destination of an attempt's records. Its caller awaits each call before the next. */
export interface RecordSink {
  /**
   * `line` is a record as JSON in UTF-8 with its newline, which does not change afterwards; `last`
   * marks the outcome, which ends the stream. Resolves when the sink has accepted the line, which
   * may be before it is durable; its pace is the pace of the extraction. Rejects with the signal's
   * reason, SINK_FAILED or DISK_FULL.
   */
  write(line: Buffer, last: boolean, signal: AbortSignal): Promise<void>;
  /** Resolves when every line is as durable as this sink can make it. */
  flush(signal: AbortSignal): Promise<void>;
}
