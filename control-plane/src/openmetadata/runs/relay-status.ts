import type { Json } from '../../../../foundation/src/domain/json.ts';
import type { StepSummary } from '../../../../foundation/src/domain/record.ts';
import type { SinkProgress } from '../../../../openmetadata/src/sink/write-summary.ts';
import type { Progress } from '../../runs/progress-board.ts';
import type { EndState } from '../../runs/run.ts';
import type { ErrorBody } from '../../runtime/errors.ts';
import type { Relay, RelayResult } from '../../store/relay.ts';
import type { PipelineStatus } from '../server/pipeline-status.ts';
import { OUR_SERVICE } from '../../definitions/service-types.ts';

const RESULTS: Readonly<Record<EndState, RelayResult>> = {
  success: 'success',
  partialSuccess: 'partialSuccess',
  failed: 'failed',
  expired: 'failed',
  cancelled: 'stopped',
};

/** Counts of the sink that make up the records of its step. */
const ARRIVED = [
  'written',
  'unchanged',
  'lineage',
  'profiles',
  'samples',
  'storedProcedures',
] as const;

export function resultOf(state: EndState): RelayResult {
  return RESULTS[state];
}

/** What every status of a run says. */
function statusOf(
  { pipelineRunId, queuedAt, config }: Relay,
  pipelineState: PipelineStatus['pipelineState'],
  startedAt: number | null,
): PipelineStatus {
  return {
    runId: pipelineRunId,
    pipelineState,
    startDate: startedAt ?? queuedAt,
    timestamp: queuedAt,
    ...(config === null ? {} : { config }),
  };
}

export function runningStatus(
  relay: Relay,
  startedAt: number | null,
  source: Progress | undefined,
  sink: SinkProgress | undefined,
): PipelineStatus {
  const counts = sink?.counts ?? {};
  return {
    ...statusOf(relay, 'running', startedAt),
    status: [
      stepOf(OUR_SERVICE, source?.done ?? 0),
      {
        ...stepOf(
          'OpenMetadata',
          ARRIVED.reduce((sum, name) => sum + (counts[name] ?? 0), 0),
        ),
        updated_records: counts['written'] ?? 0,
        errors: counts['failed'] ?? 0,
      },
    ],
  };
}

export function finalStatus(
  relay: Relay,
  {
    result,
    steps,
    error,
  }: {
    readonly result: RelayResult;
    readonly steps: readonly Json[];
    readonly error: ErrorBody | null;
  },
  { startedAt, endedAt }: { readonly startedAt: number | null; readonly endedAt: number },
): PipelineStatus {
  return {
    ...statusOf(relay, result, startedAt),
    endDate: endedAt,
    status: error === null ? steps : [...steps, failedStep(error)],
  };
}

/** OpenMetadata shows the failures of steps, and nothing else of an error. */
function failedStep({ code, message, remedy }: ErrorBody): Json {
  return {
    ...stepOf('Run', 0),
    errors: 1,
    failures: [{ name: code, error: remedy === '' ? message : `${message}. ${remedy}` }],
  };
}

function stepOf(name: string, records: number): StepSummary & Json {
  return { name, records, updated_records: 0, warnings: 0, errors: 0, filtered: 0, failures: [] };
}
