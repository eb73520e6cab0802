import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { isEnded } from '../../runs/run.ts';
import type { Relay } from '../../store/relay.ts';
import { differenceFrom } from './catalog-mark.ts';
import { mayPass, type RelayStep } from './relay-step.ts';

/** Lets the run start: as a full run, unless the server has exactly what the previous run left. */
export async function release(relay: Relay, step: RelayStep, signal: AbortSignal): Promise<void> {
  const reason = await reasonForFullRun(relay, step, signal);
  let isKilled = false;
  await step.save(async (current, tx, run) => {
    isKilled = isEnded(run.status);
    if (!isKilled) await tx.runs.save({ ...run, fullRun: reason !== undefined });
    return { ...current, status: { state: 'pending', trouble: null } };
  });
  if (reason !== undefined && !isKilled) step.log.log('info', `full run: ${reason}`);
}

async function reasonForFullRun(
  { overrideMetadata, endpoint, service }: Relay,
  { deps, session }: RelayStep,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (overrideMetadata) return 'overrideMetadata is set';
  const mark = await deps.store.read.relays.mark(endpoint, service);
  if (mark === undefined) return 'OpenMetadata has no complete results of an earlier run';
  try {
    return await differenceFrom(session.api, mark, signal);
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (mayPass(error)) throw error;
    return `the state of the catalog is unknown (${error.code})`;
  }
}
