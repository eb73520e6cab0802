import type { OutcomeStatus, StepSummary } from '../../../foundation/src/domain/record.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { withDeadline, NEVER } from '../../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { SinkOutcome } from './records.ts';
import type { MetadataServer } from './server.ts';

/** The run's ingestion pipeline in OpenMetadata. */
export interface Pipeline {
  readonly fqn: string;
  readonly runId: string;
}

/** ingestionPipeline.json#/definitions/pipelineStatus. */
interface PipelineStatus {
  readonly runId: string;
  readonly pipelineState: 'running' | 'success' | 'partialSuccess' | 'failed' | 'stopped';
  /** Unix times in milliseconds. */
  readonly startDate: number;
  readonly timestamp: number;
  readonly endDate?: number;
  readonly status?: readonly StepSummary[];
}

const STATES: Readonly<Record<OutcomeStatus, PipelineStatus['pipelineState']>> = {
  success: 'success',
  partialSuccess: 'partialSuccess',
  failed: 'failed',
  expired: 'failed',
  cancelled: 'stopped',
  interrupted: 'stopped',
};

/** Deadline of the report when the run was stopped, or the server has failed already. */
const EARLY_END_MS = 5000;

export interface PipelineReporterOptions {
  /** Undefined: no status is reported. */
  readonly pipeline: Pipeline | undefined;
  readonly server: MetadataServer;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Reports the status of a pipeline's run to the server. Failures are logged and do not fail the
 * run.
 */
export class PipelineReporter {
  readonly #options: PipelineReporterOptions;

  constructor(options: PipelineReporterOptions) {
    this.#options = options;
  }

  async running(signal: AbortSignal): Promise<void> {
    const now = this.#options.clock.now();
    await this.#report({ pipelineState: 'running', startDate: now, timestamp: now }, signal);
  }

  async ended(
    { status, startedAt, endedAt, steps }: SinkOutcome,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#report(
      {
        pipelineState: STATES[status],
        startDate: startedAt,
        timestamp: startedAt,
        endDate: endedAt,
        status: steps,
      },
      signal,
    );
  }

  /**
   * Reports a run that was stopped or has failed: within a short time, even after its signal fired.
   */
  async endedEarly(outcome: SinkOutcome): Promise<void> {
    await withDeadline(
      'report of pipeline status',
      EARLY_END_MS,
      this.#options.clock,
      NEVER,
      (bounded) => this.ended(outcome, bounded),
    ).catch(() => undefined);
  }

  async #report(status: Omit<PipelineStatus, 'runId'>, signal: AbortSignal): Promise<void> {
    const { server, logger, pipeline } = this.#options;
    if (pipeline === undefined) return;
    const { fqn, runId } = pipeline;
    try {
      await server.send(
        {
          method: 'PUT',
          path: `/services/ingestionPipelines/${encodeURIComponent(fqn)}/pipelineStatus`,
          what: `status of "${fqn}"`,
          body: { runId, ...status },
        },
        signal,
      );
    } catch (thrown) {
      logger.log('warn', 'failed to report pipeline status to OpenMetadata', errorFields(thrown));
    }
  }
}
