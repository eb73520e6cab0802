import type { FailureRecord, RunRecord } from '../../foundation/src/domain/record.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { AttemptStateStore } from './attempt-state-store.ts';
import type { AttemptSummary } from './attempt-summary.ts';
import type { MetadataDelivery } from './metadata-delivery.ts';
import type { RecordStream } from './record-stream.ts';

export interface RecordWriterDeps {
  readonly stream: RecordStream;
  readonly summary: AttemptSummary;
  readonly delivery: MetadataDelivery | undefined;
  readonly stateStore: AttemptStateStore | undefined;
  /** See `Connector.ownNames`. */
  readonly ownNames: readonly string[];
}

/**
 * Writes the records of a connector to the stream and to the sink. A record that cannot be written
 * becomes a failure.
 */
export class RecordWriter {
  readonly #deps: RecordWriterDeps;

  constructor(deps: RecordWriterDeps) {
    this.#deps = deps;
  }

  async write(record: RunRecord, signal: AbortSignal): Promise<void> {
    const { stream, summary, delivery } = this.#deps;
    const line = await stream.write(record, signal);
    if (line === undefined) return this.#writeFailure(record, signal);
    summary.add(record);
    await delivery?.write(line, signal);
  }

  async #writeFailure(record: RunRecord, signal: AbortSignal): Promise<void> {
    const { stream, summary, stateStore } = this.#deps;
    if (record.kind === 'entity') stateStore?.markWithheld(record.fqn);
    const failure = withheldFailure(this.#nameOf(record));
    const line = await stream.write(failure, signal);
    summary.add(line === undefined ? withheldFailure(record.kind) : failure);
  }

  /** Names from the job are left out: whether they resemble a secret must not show. */
  #nameOf(record: RunRecord): string {
    if (record.kind !== 'entity') return record.kind;
    return this.#deps.ownNames.includes(record.fqn) ? record.type : record.fqn;
  }
}

function withheldFailure(name: string): FailureRecord {
  const error = new RunnerError(
    'ENTITY_INVALID',
    'the record exceeds the size limit, or redaction left nothing of it',
  );
  return { kind: 'failure', failure: { ...error.toFailure(), name } };
}
