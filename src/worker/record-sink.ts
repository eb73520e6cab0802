/** Where an attempt's records go. One call at a time, in the order of the stream. */
export interface RecordSink {
  /**
   * `line` is a record as JSON with its newline; the one with `last` is the outcome and ends the stream. Resolves when
   * the sink has taken it, which may be before it is safe; its pace is the extraction's pace. Rejects with the
   * signal's reason, or with SINK_FAILED or DISK_FULL.
   */
  write(line: string, last: boolean, signal: AbortSignal): Promise<void>;
  /** Resolves when everything written is as safe as this sink can make it. */
  flush(signal: AbortSignal): Promise<void>;
}
