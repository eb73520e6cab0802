import type { RunRecord } from '../../foundation/src/domain/record.ts';
import type { MetadataSink, SinkRecord, SinkReport } from '../../openmetadata/src/sink/records.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { MAX_FAILURES, type OpenOutcome } from './attempt-summary.ts';

/** Records for a catalog; the others in a stream are about the run. */
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

/**
 * Delivers the records of a run to a catalog server, beside the stream that contains all of them.
 */
export class MetadataDelivery {
  readonly #sink: MetadataSink;
  readonly #clock: Clock;

  constructor(sink: MetadataSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  /**
   * Takes a record as the stream wrote it, without secrets. The pace of the server is the pace of
   * the extraction. Throws the error that ends the delivery.
   */
  async write(line: string, signal: AbortSignal): Promise<void> {
    const record = JSON.parse(line) as RunRecord;
    if (isForCatalog(record)) await this.#sink.write(record, signal);
  }

  /**
   * Resolves when every record was delivered or failed, with the outcome of run and delivery
   * combined. Call it once, also after `write` has thrown.
   */
  async finish(outcome: OpenOutcome, signal: AbortSignal): Promise<OpenOutcome> {
    return combine(outcome, await this.#sink.finish(outcome, signal), this.#clock.now());
  }

  async close(): Promise<void> {
    await this.#sink.close();
  }
}

function isForCatalog(record: RunRecord | SinkRecord): record is SinkRecord {
  return KINDS.has(record.kind);
}

/** The status is the worse of the two; failures of both are listed. */
function combine(outcome: OpenOutcome, report: SinkReport, endedAt: number): OpenOutcome {
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
