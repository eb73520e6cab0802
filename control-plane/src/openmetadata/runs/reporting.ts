import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { CatalogMark, Relay } from '../../store/relay.ts';
import { putPipelineStatus } from '../server/pipeline-status.ts';
import { takeMark } from './catalog-mark.ts';
import { finalStatus } from './relay-status.ts';
import { mayPass, type RelayStep, type Reporting } from './relay-step.ts';

/** Reports the end of the run, and notes in which state it leaves the catalog. */
export async function reportEnd(
  relay: Relay,
  status: Reporting,
  { deps, session, save, log }: RelayStep,
  signal: AbortSignal,
): Promise<void> {
  const run = await deps.store.read.runs.get(relay.runId);
  const endedAt = deps.clock.now();
  const final = finalStatus(relay, status, { startedAt: run?.startedAt ?? null, endedAt });
  const at = await putPipelineStatus(session.api, relay.pipelineFqn, final, signal);
  const mark =
    status.complete && at !== undefined
      ? await markOrUnknown(takeMark(session.api, relay, at, signal))
      : undefined;
  const { result, error } = status;
  log.log('info', 'run reported to OpenMetadata', { state: result });
  await log.flush();
  await save(async (current, tx) => {
    if (mark !== undefined) await tx.relays.saveMark(mark);
    return { ...current, status: { state: 'done', result, error, endedAt } };
  });
}

/** If the server does not report the state of its catalog, the next run is a full run. */
async function markOrUnknown(
  mark: Promise<CatalogMark | undefined>,
): Promise<CatalogMark | undefined> {
  try {
    return await mark;
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (mayPass(error)) throw error;
    return undefined;
  }
}
