import type { OutcomeStatus, StepSummary } from '../../domain/record.ts';
import type { Logger } from '../../observability/logger.ts';
import { withDeadline } from '../../runtime/abort.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { SinkOutcome } from './records.ts';
import type { MetadataServer } from './server.ts';

/** The ingestion pipeline whose run this is, as OpenMetadata knows it. */
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

/** For telling the status of a run that was stopped, or to a server that has failed already. */
const LAST_WORDS_MS = 5000;

const never = new AbortController().signal;

export interface PipelineReporterOptions {
  /** Undefined: nothing is told to anyone. */
  readonly pipeline: Pipeline | undefined;
  readonly server: MetadataServer;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Tells the server how its pipeline's run goes. A run is not lost over its status: failures go to the log. */
export class PipelineReporter {
  readonly #options: PipelineReporterOptions;

  constructor(options: PipelineReporterOptions) {
    this.#options = options;
  }

  async running(signal: AbortSignal): Promise<void> {
    const now = this.#options.clock.now();
    await this.#tell({ pipelineState: 'running', startDate: now, timestamp: now }, signal);
  }

  async ended(
    { status, startedAt, endedAt, steps }: SinkOutcome,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#tell(
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

  /** The same for a run that was stopped or has failed: in a short time, and whatever its signal says. */
  async lastWords(outcome: SinkOutcome): Promise<void> {
    await withDeadline('telling the status', LAST_WORDS_MS, this.#options.clock, never, (ends) =>
      this.ended(outcome, ends),
    ).catch(() => undefined);
  }

  async #tell(status: Omit<PipelineStatus, 'runId'>, signal: AbortSignal): Promise<void> {
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
      logger.log('warn', 'the status of the run could not be told to the OpenMetadata server', {
        error: String(RunnerError.from(thrown)),
      });
    }
  }
}
