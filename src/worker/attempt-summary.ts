import type { Failure, NamedFailure } from '../../foundation/src/domain/failure.ts';
import { yieldsEntities, type JobKind } from '../../foundation/src/domain/job.ts';
import type {
  FailureRecord,
  OutcomeRecord,
  OutcomeStatus,
  RunRecord,
  FailedStep,
  StepRecord,
  StepSummary,
} from '../../foundation/src/domain/record.ts';
import { successPercent } from '../../foundation/src/domain/success-rate.ts';

/** Failures that an outcome lists. */
export const MAX_FAILURES = 100;
/** Failures that OpenMetadata keeps of a step. */
const MAX_STEP_FAILURES = 10;

export type OpenOutcome = Omit<OutcomeRecord, 'records' | 'digest'>;

/** Counts what an attempt produces and makes its outcome. */
export class AttemptSummary {
  readonly #kind: JobKind;
  readonly #startedAt: number;
  readonly #counts = new Map<string, number>();
  readonly #failures: NamedFailure[] = [];
  #failed = 0;
  #succeeded = 0;
  #mandatoryStep: FailedStep | undefined;

  constructor(kind: JobKind, startedAt: number) {
    this.#kind = kind;
    this.#startedAt = startedAt;
  }

  count(name: string, by: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  /** Call it for each record that was written. */
  add(record: RunRecord): void {
    if (record.kind === 'entity') {
      this.#succeeded += 1;
      this.count('entities', 1);
    }
    // An incremental run leaves out most entities: they were checked and have not changed.
    if (record.kind === 'unchanged') this.#succeeded += record.fqns.length;
    if (record.kind === 'failure') this.#fail(record);
    if (record.kind === 'step') this.#step(record);
  }

  /** The outcome of an attempt that was stopped or failed; `error` is the reason. */
  endedEarly(status: OutcomeStatus, error: Failure, endedAt: number, step: string): OpenOutcome {
    return { ...this.#base(status, endedAt, step), error };
  }

  /**
   * The outcome of an attempt that ran to its end. As in OpenMetadata, it fails when too large a
   * share of it failed.
   */
  completed(successThreshold: number, endedAt: number, step: string): OpenOutcome {
    if (this.#mandatoryStep !== undefined)
      return { ...this.#base('failed', endedAt, step), error: this.#mandatoryStep.error };
    const percent = successPercent(this.#succeeded, this.#failed);
    const partial =
      !yieldsEntities(this.#kind) || percent >= successThreshold ? 'partialSuccess' : 'failed';
    return this.#base(this.#failed === 0 ? 'success' : partial, endedAt, step);
  }

  #step(record: StepRecord): void {
    if (record.passed) {
      this.#succeeded += 1;
      return;
    }
    if (record.mandatory) this.#mandatoryStep ??= record;
    const { code, message, remedy, retryable } = record.error;
    this.#fail({
      kind: 'failure',
      failure: { name: record.name, code, message, remedy, retryable },
    });
  }

  #fail({ failure }: FailureRecord): void {
    this.#failed += 1;
    if (this.#failures.length < MAX_FAILURES) this.#failures.push(failure);
  }

  #base(status: OutcomeStatus, endedAt: number, step: string): OpenOutcome {
    const counts = { ...Object.fromEntries(this.#counts), failures: this.#failed };
    return {
      kind: 'outcome',
      status,
      counts,
      steps: [this.#summary(step)],
      failures: this.#failures,
      startedAt: this.#startedAt,
      endedAt,
    };
  }

  #summary(name: string): StepSummary {
    const failures = this.#failures
      .slice(0, MAX_STEP_FAILURES)
      .map((failure) => ({ name: failure.name, error: `${failure.code}: ${failure.message}` }));
    return {
      name,
      records: this.#succeeded,
      updated_records: 0,
      warnings: this.#counts.get('warnings') ?? 0,
      errors: this.#failed,
      filtered: this.#counts.get('filtered') ?? 0,
      failures,
    };
  }
}
