import type {
  MetadataSink,
  SinkOutcome,
  SinkRecord,
  SinkReport,
} from '../../openmetadata/src/sink/records.ts';

export const step = {
  name: 'OpenMetadata',
  records: 0,
  updated_records: 0,
  warnings: 0,
  errors: 0,
  filtered: 0,
  failures: [],
};

/** A catalog that records its input and returns prepared reports. */
export class MemoryCatalog implements MetadataSink {
  readonly records: SinkRecord[] = [];
  outcome: SinkOutcome | undefined;
  closed = false;
  readonly #report: Partial<SinkReport>;

  constructor(report: Partial<SinkReport> = {}) {
    this.#report = report;
  }

  write(record: SinkRecord, _signal: AbortSignal): Promise<void> {
    this.records.push(record);
    return Promise.resolve();
  }

  finish(outcome: SinkOutcome, _signal: AbortSignal): Promise<SinkReport> {
    this.outcome = outcome;
    return Promise.resolve({
      status: outcome.status,
      counts: { written: this.records.length },
      failures: [],
      step,
      ...this.#report,
    });
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
