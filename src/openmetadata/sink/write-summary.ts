import type { NamedFailure } from '../../domain/failure.ts';
import type { StepSummary } from '../../domain/record.ts';
import type { ErrorCode } from '../../runtime/error-codes.ts';
import { RunnerError } from '../../runtime/errors.ts';

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

/** Failures that say something about one entity, or something that may pass; any other ends the run. */
const OF_ONE_ENTITY: ReadonlySet<ErrorCode> = new Set([
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

/** So many failures in a row that are not about the entities themselves mean that the server is not coming back. */
const HOPELESS = 10;
const KEPT_FAILURES = 100;
const SHOWN_FAILURES = 10;

/** What has become of the records. */
export class Tally {
  readonly #counts = new Map<CountName, number>();
  readonly #failures: NamedFailure[] = [];
  #failedInARow = 0;

  count(name: CountName, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  /** Counts what became of one thing. Throws the error again when it ends the run. */
  async attempt(
    name: string,
    counted: CountName | (() => CountName) | undefined,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
      this.#failedInARow = 0;
      if (counted !== undefined) this.count(typeof counted === 'string' ? counted : counted());
    } catch (thrown) {
      const error = RunnerError.from(thrown, 'SINK_FAILED');
      if (signal.aborted || !OF_ONE_ENTITY.has(error.code)) throw error;
      this.#failed(name, error);
    }
  }

  /** The same for what counts only when it fails. */
  async guard(name: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    await this.attempt(name, undefined, signal, work);
  }

  #failed(name: string, error: RunnerError): void {
    this.count('failed');
    if (this.#failures.length < KEPT_FAILURES) this.#failures.push({ name, ...error.toFailure() });
    this.#failedInARow = error.code === 'SINK_REJECTED' ? 0 : this.#failedInARow + 1;
    if (this.#failedInARow >= HOPELESS) throw error;
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

  /** Share of what came that arrived, as OpenMetadata counts it. */
  get successPercent(): number {
    const { records, errors } = this.step;
    return Math.round((Math.max(records, 1) * 10_000) / (Math.max(records, 1) + errors)) / 100;
  }

  /** As OpenMetadata shows it among the steps of a run. */
  get step(): StepSummary {
    const of = (name: CountName): number => this.#counts.get(name) ?? 0;
    return {
      name: 'OpenMetadata',
      records:
        of('written') +
        of('unchanged') +
        of('lineage') +
        of('profiles') +
        of('samples') +
        of('storedProcedures'),
      updated_records: of('written'),
      warnings: of('droppedConstraints'),
      errors: of('failed'),
      filtered: 0,
      failures: this.#failures
        .slice(0, SHOWN_FAILURES)
        .map(({ name, code, message }) => ({ name, error: `${code}: ${message}` })),
    };
  }
}
