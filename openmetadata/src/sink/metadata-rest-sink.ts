import type { OutcomeStatus } from '../../../foundation/src/domain/record.ts';
import type { HttpClient } from '../../../foundation/src/http/client.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { PipelineReporter } from './pipeline-status.ts';
import type { RecordWriter } from './record-writer.ts';
import type { MetadataSink, SinkOutcome, SinkRecord, SinkReport } from './records.ts';
import type { WriteSummary } from './write-summary.ts';

export interface MetadataRestSinkDeps {
  readonly http: HttpClient;
  readonly records: RecordWriter;
  readonly summary: WriteSummary;
  readonly reporter: PipelineReporter;
  /** Lowest percentage of received records that must be written for the run not to fail. */
  readonly successThreshold: number;
}

type State =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'open' }
  | { readonly kind: 'broken'; readonly error: RunnerError }
  | { readonly kind: 'finished' };

/** Writes the records of one run, and reports the run's status at its start and its end. */
export class MetadataRestSink implements MetadataSink {
  readonly #deps: MetadataRestSinkDeps;
  readonly #ending = new AbortController();
  #linked: { readonly caller: AbortSignal; readonly signal: AbortSignal } | undefined;
  #state: State = { kind: 'fresh' };

  constructor(deps: MetadataRestSinkDeps) {
    this.#deps = deps;
  }

  async write(record: SinkRecord, signal: AbortSignal): Promise<void> {
    if (this.#state.kind === 'finished') throw new RunnerError('INTERNAL', 'sink is finished');
    const linked = this.#link(signal);
    await this.#guarded(async () => {
      if (this.#state.kind === 'fresh') await this.#begin(linked);
      await this.#deps.records.write(record, linked);
    });
  }

  async finish(outcome: SinkOutcome, signal: AbortSignal): Promise<SinkReport> {
    const { summary, reporter } = this.#deps;
    const error = await this.#drain(this.#link(signal));
    const status = this.#finalStatus(outcome.status, error, signal.aborted);
    this.#setState({ kind: 'finished' });
    const steps = [...outcome.steps, summary.step];
    if (error === undefined && !signal.aborted)
      await reporter.ended({ ...outcome, status, steps }, signal);
    else await reporter.endedEarly({ ...outcome, status, steps });
    return {
      status,
      counts: summary.counts,
      failures: summary.failures,
      ...(error === undefined ? {} : { error: error.toFailure() }),
      step: summary.step,
    };
  }

  async close(): Promise<void> {
    this.#ending.abort(new RunnerError('ABORTED', 'sink closed'));
    await this.#deps.http.close();
  }

  /** Waits for all requests under way; returns the error that ended the run early, if any. */
  async #drain(signal: AbortSignal): Promise<RunnerError | undefined> {
    try {
      await this.#guarded(() => this.#deps.records.complete(signal));
      return undefined;
    } catch (thrown) {
      return RunnerError.from(thrown);
    }
  }

  /**
   * A signal that fires with the caller's, or when the sink ends. Kept while the caller passes the
   * same one.
   */
  #link(caller: AbortSignal): AbortSignal {
    if (this.#linked?.caller !== caller)
      this.#linked = { caller, signal: AbortSignal.any([caller, this.#ending.signal]) };
    return this.#linked.signal;
  }

  /**
   * The first error breaks the sink: it stops the requests under way, and later calls throw it too.
   */
  async #guarded(work: () => Promise<void>): Promise<void> {
    if (this.#state.kind === 'broken') throw this.#state.error;
    try {
      await work();
    } catch (thrown) {
      const error = RunnerError.from(thrown, 'SINK_FAILED');
      this.#setState({ kind: 'broken', error });
      this.#ending.abort(error);
      throw error;
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    this.#setState({ kind: 'open' });
    await this.#deps.reporter.running(signal);
  }

  #setState(state: State): void {
    this.#state = state;
  }

  #finalStatus(
    outcome: OutcomeStatus,
    error: RunnerError | undefined,
    stopped: boolean,
  ): OutcomeStatus {
    if (outcome !== 'success' && outcome !== 'partialSuccess') return outcome;
    if (error !== undefined && stopped)
      return error.code === 'DEADLINE_EXCEEDED' ? 'expired' : 'cancelled';
    if (error !== undefined) return 'failed';
    const { summary, successThreshold } = this.#deps;
    if (summary.failed === 0) return outcome;
    return summary.successPercent < successThreshold ? 'failed' : 'partialSuccess';
  }
}
