import { z } from 'zod';
import type { Json } from '../../../../foundation/src/domain/json.ts';
import type { CatalogApi } from './catalog-api.ts';

/** OpenMetadata's pipelineStatus of one run. The same run id updates it. */
export interface PipelineStatus {
  readonly runId: string;
  readonly pipelineState: 'running' | 'success' | 'partialSuccess' | 'failed' | 'stopped';
  /** Unix times in milliseconds. */
  readonly startDate: number;
  /** When the run was queued: it orders the runs of a pipeline and never changes. */
  readonly timestamp: number;
  readonly endDate?: number;
  /** StepSummaries. */
  readonly status?: readonly Json[];
  /** The settings of this run alone. */
  readonly config?: Json;
}

const Written = z.object({ timestamp: z.number() });

/** Reports the status. Returns the time of the server’s clock, if it says so. */
export async function putPipelineStatus(
  api: CatalogApi,
  pipelineFqn: string,
  status: PipelineStatus,
  signal: AbortSignal,
): Promise<number | undefined> {
  const body = await api.send(
    {
      method: 'PUT',
      path: `/services/ingestionPipelines/${encodeURIComponent(pipelineFqn)}/pipelineStatus`,
      what: `status of pipeline "${pipelineFqn}"`,
      body: status,
    },
    signal,
  );
  const parsed = Written.safeParse(body);
  return parsed.success ? parsed.data.timestamp : undefined;
}

const Stored = z.object({ runId: z.string(), pipelineState: z.string() });

/** The state in which the server has a run; undefined when it does not know the run. */
export async function pipelineStateOf(
  api: CatalogApi,
  pipelineFqn: string,
  runId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const body = await api.find(
    `/services/ingestionPipelines/${encodeURIComponent(pipelineFqn)}/pipelineStatus/${encodeURIComponent(runId)}`,
    `status of pipeline "${pipelineFqn}"`,
    signal,
  );
  const parsed = Stored.safeParse(body);
  return parsed.success && parsed.data.runId === runId ? parsed.data.pipelineState : undefined;
}
