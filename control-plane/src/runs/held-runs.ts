import type { Relay } from '../store/relay.ts';
import type { Waits } from './placement.ts';
import { wait, type Wait } from './wait.ts';

/**
 * Why runs of pipelines from OpenMetadata may not start yet. A run that leaves out what has not
 * changed is right only if the server has everything of the run before it. `open` is in the order
 * of the runs.
 */
export function heldRuns(open: readonly Relay[]): Waits {
  const held: Waits = new Map();
  const earlier = new Map<string, string>();
  for (const relay of open) {
    const { runId, service, status } = relay;
    if (status.state === 'waiting') held.set(runId, reasonFor(relay, earlier.get(service)));
    earlier.set(service, runId);
  }
  return held;
}

function reasonFor({ endpoint, status }: Relay, earlier: string | undefined): Wait {
  if (earlier !== undefined)
    return wait('RELAY_PENDING', `waiting until OpenMetadata has the results of run ${earlier}`);
  const trouble = 'trouble' in status ? status.trouble : null;
  if (trouble === null)
    return wait('RELAY_PENDING', `asking OpenMetadata endpoint ${endpoint} for its catalog`);
  const { message, remedy } = trouble.error;
  return {
    ...wait('RELAY_PENDING', `waiting for OpenMetadata endpoint ${endpoint}: ${message}`),
    remedy,
  };
}
