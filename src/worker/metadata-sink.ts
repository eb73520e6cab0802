import type { RunRecord } from '../domain/record.ts';
import type { MetadataSink, SinkRecord, SinkReport } from '../openmetadata/sink/records.ts';
import type { Clock } from '../runtime/clock.ts';
import { MAX_FAILURES, type OpenOutcome } from './attempt-summary.ts';

/** What a catalogue is told; the rest of a stream is about the run. */
const KINDS: ReadonlySet<string> = new Set<SinkRecord['kind']>([
  'entity',
  'classification',
  'tag',
  'lineage',
  'profile',
  'sampleData',
  'deletion',
  'sweep',
  'lineageSweep',
]);

/** The way of a run's records to a catalogue, beside the stream that has them all. */
export class MetadataDelivery {
  readonly #sink: MetadataSink;
  readonly #clock: Clock;

  constructor(sink: MetadataSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  /**
   * Takes a record as the stream took it, with every secret out of it. The catalogue's pace is the extraction's pace.
   * Throws what ends the delivery.
   */
  async write(line: string, signal: AbortSignal): Promise<void> {
    const record = JSON.parse(line) as RunRecord;
    if (isForCatalogue(record)) await this.#sink.write(record, signal);
  }

  /** Resolves when all has arrived or failed, with the outcome of the run and its delivery together. Called once, also after `write` has thrown. */
  async finish(outcome: OpenOutcome, signal: AbortSignal): Promise<OpenOutcome> {
    return together(outcome, await this.#sink.finish(outcome, signal), this.#clock.now());
  }

  async close(): Promise<void> {
    await this.#sink.close();
  }
}

function isForCatalogue(record: RunRecord | SinkRecord): record is SinkRecord {
  return KINDS.has(record.kind);
}

/** The worse status of the two; what failed in either. */
function together(outcome: OpenOutcome, report: SinkReport, endedAt: number): OpenOutcome {
  const { failed = 0, ...counts } = report.counts;
  const error = outcome.error ?? report.error;
  return {
    ...outcome,
    endedAt,
    status: report.status,
    counts: { ...outcome.counts, ...counts, failures: (outcome.counts['failures'] ?? 0) + failed },
    steps: [...outcome.steps, report.step],
    failures: [...outcome.failures, ...report.failures].slice(0, MAX_FAILURES),
    ...(error === undefined ? {} : { error }),
  };
}
