import type { OutcomeStatus, StepSummary } from '../../domain/record.ts';

/** The ingestion pipeline whose run this is, as OpenMetadata knows it. */
export interface Pipeline {
  readonly fqn: string;
  readonly runId: string;
}

/** ingestionPipeline.json#/definitions/pipelineStatus. */
export interface PipelineStatus {
  readonly runId: string;
  readonly pipelineState: 'running' | 'success' | 'partialSuccess' | 'failed' | 'stopped';
  /** Unix times in milliseconds. */
  readonly startDate: number;
  readonly timestamp: number;
  readonly endDate?: number;
  readonly status?: readonly StepSummary[];
}

const STATES: Readonly<Record<OutcomeStatus, PipelineStatus['pipelineState']>> = {
  success: 'success', partialSuccess: 'partialSuccess', failed: 'failed', expired: 'failed', cancelled: 'stopped', interrupted: 'stopped',
};

export function runningStatus({ runId }: Pipeline, startedAt: number): PipelineStatus {
  return { runId, pipelineState: 'running', startDate: startedAt, timestamp: startedAt };
}

export function endedStatus({ runId }: Pipeline, status: OutcomeStatus, startedAt: number, endedAt: number, steps: readonly StepSummary[]): PipelineStatus {
  return { runId, pipelineState: STATES[status], startDate: startedAt, timestamp: startedAt, endDate: endedAt, status: steps };
}
