import type { NamedFailure } from '../../../foundation/src/domain/failure.ts';
import type { StepSummary } from '../../../foundation/src/domain/record.ts';
import { successPercent } from '../../../foundation/src/domain/success-rate.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

export type CountName =
  | 'written'
  | 'unchanged'
  | 'lineage'
  | 'lineageDeleted'
  | 'profiles'
  | 'samples'
  | 'deleted'
  | 'failed'
  | 'droppedConstraints'
  | 'constrained'
  | 'tags'
  | 'storedProcedures';

/** The counts that make up the step's records. */
const RECORDS: readonly CountName[] = [
  'written',
  'unchanged',
  'lineage',
  'profiles',
  'samples',
  'storedProcedures',
];

/** Failures that concern one entity or may pass; any other ends the run. */
const TOLERATED: ReadonlySet<ErrorCode> = new Set([
  'SINK_REJECTED',
  'SINK_FORBIDDEN',
  'SINK_BUSY',
  'SINK_FAILED',
  'RESPONSE_TOO_LARGE',
  'NETWORK_UNREACHABLE',
  'NETWORK_TIMEOUT',
  'NETWORK_RESET',
  'DEADLINE_EXCEEDED',
]);

/** After this many consecutive failures other than rejected entities, the server counts as down. */
const MAX_CONSECUTIVE_FAILURES = 10;
/** Failures listed in the report. */
const MAX_REPORTED = 100;
/** Failures listed in the run's step. */
const MAX_SHOWN = 10;

/** What has become of the records so far. */
export interface SinkProgress {
  /**
   * Tables received, and those of them that have arrived, are unchanged or have failed. Foreign
   * keys may still follow.
   */
  readonly tables: { readonly received: number; readonly done: number };
  /** As in the report. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Counts and failures of the records written. */
export class WriteSummary {
  readonly #onChange: () => void;
  #tables = { received: 0, done: 0 };
  readonly #counts = new Map<CountName, number>();
  readonly #failures: NamedFailure[] = [];
  #consecutiveFailures = 0;

  /** `onChange` is called after each change of a count. */
  constructor(onChange: () => void = () => undefined) {
    this.#onChange = onChange;
  }

  count(name: CountName, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
    this.#onChange();
  }

  tableReceived(): void {
    this.#tables = { ...this.#tables, received: this.#tables.received + 1 };
    this.#onChange();
  }

  /** Counts a table whose result is known. */
  tableDone(): void {
    this.#tables = { ...this.#tables, done: this.#tables.done + 1 };
    this.#onChange();
  }

  get progress(): SinkProgress {
    return { tables: this.#tables, counts: this.counts };
  }

  /** Counts the result of one write. Rethrows an error that ends the run. */
  async attempt(
    name: string,
    counted: CountName | (() => CountName) | undefined,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    const isDone = await this.guard(name, signal, async () => {
      await work();
      return true;
    });
    if (isDone && counted !== undefined)
      this.count(typeof counted === 'string' ? counted : counted());
  }

  /** The result of `work`; undefined if it fails, which is counted. Rethrows like `attempt`. */
  async guard<T>(
    name: string,
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      const result = await work();
      this.#consecutiveFailures = 0;
      return result;
    } catch (thrown) {
      const error = RunnerError.from(thrown, 'SINK_FAILED');
      if (signal.aborted || !TOLERATED.has(error.code)) throw error;
      this.#failed(name, error);
      return undefined;
    }
  }

  #failed(name: string, error: RunnerError): void {
    this.count('failed');
    if (this.#failures.length < MAX_REPORTED) this.#failures.push({ name, ...error.toFailure() });
    this.#consecutiveFailures = error.code === 'SINK_REJECTED' ? 0 : this.#consecutiveFailures + 1;
    if (this.#consecutiveFailures >= MAX_CONSECUTIVE_FAILURES) throw error;
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  get failures(): readonly NamedFailure[] {
    return this.#failures;
  }

  get failed(): number {
    return this.#counts.get('failed') ?? 0;
  }

  /** Percentage of records written. */
  get successPercent(): number {
    const { records, errors } = this.step;
    return successPercent(records, errors);
  }

  /** The sink's step as OpenMetadata shows it in a run. */
  get step(): StepSummary {
    const of = (name: CountName): number => this.#counts.get(name) ?? 0;
    return {
      name: 'OpenMetadata',
      records: RECORDS.reduce((total, name) => total + of(name), 0),
      updated_records: of('written'),
      warnings: of('droppedConstraints'),
      errors: of('failed'),
      filtered: 0,
      failures: this.#failures
        .slice(0, MAX_SHOWN)
        .map(({ name, code, message }) => ({ name, error: `${code}: ${message}` })),
    };
  }
}
