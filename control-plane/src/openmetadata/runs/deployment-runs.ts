import { cancelRun } from '../../runs/cancel-run.ts';
import { ControlPlaneError } from '../../runtime/errors.ts';
import type { Relay } from '../../store/relay.ts';
import type { Deployment, DeploymentRuns, QueuedStatus } from '../deployed-pipelines.ts';
import { ConnectionTests } from './connection-tests.ts';
import { RELAYS, type RelayDeps } from './relay-deps.ts';
import { RelayLoop } from './relay-loop.ts';
import { logText } from './run-log-text.ts';
import { triggerRun } from './trigger.ts';

export interface RunningDeploymentRuns extends DeploymentRuns {
  /** Brings results to the servers until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Runs of deployments, and the way of their results to the servers. */
export function createDeploymentRuns(deps: RelayDeps): RunningDeploymentRuns {
  const tests = new ConnectionTests(deps);
  const loop = new RelayLoop(deps);
  return {
    trigger: (deployment, options) => triggerRun(deps, deployment, options),
    kill: (deployment) => stopAll(deps, deployment, 'stopped in OpenMetadata'),
    queued: (deployment) => queuedOf(deps, deployment),
    log: async ({ endpoint, id }) => {
      const latest = await deps.store.read.relays.latest(endpoint, id);
      return latest === undefined ? '' : logText(deps, latest.runId);
    },
    testConnection: (endpoint, workflow, pool) => tests.start(endpoint, workflow, pool),
    forget: (deployment) => stopAll(deps, deployment, 'the pipeline was deleted in OpenMetadata'),
    run: async (signal) => {
      await Promise.all([loop.run(signal), tests.run(signal)]);
    },
  };
}

/** Stops the runs of a deployment, and the writing of those that have ended. */
async function stopAll(deps: RelayDeps, deployment: Deployment, reason: string): Promise<void> {
  const { store, changes, registry } = deps;
  const stopped = await store.transaction(async (tx) => {
    const open = (await tx.relays.open()).filter((relay) => isOf(deployment, relay));
    for (const relay of open)
      if (relay.status.state !== 'reporting') await tx.relays.save({ ...relay, stopped: true });
    return open;
  });
  for (const { runId } of stopped) {
    await cancelRun(deps, registry, runId, reason).catch((thrown: unknown) => {
      if (ControlPlaneError.from(thrown).code !== 'CONFLICT') throw thrown;
    });
    changes.changed(runId);
  }
  changes.changed(RELAYS);
}

/** The server asks for them; it has all others itself. */
async function queuedOf(
  { store }: RelayDeps,
  deployment: Deployment,
): Promise<readonly QueuedStatus[]> {
  const open = await store.read.relays.open();
  return open
    .filter((relay) => isOf(deployment, relay))
    .filter(({ status: { state } }) => state === 'waiting' || state === 'pending')
    .map(({ pipelineRunId, queuedAt }) => ({
      runId: pipelineRunId,
      pipelineState: 'queued',
      startDate: queuedAt,
      timestamp: queuedAt,
    }));
}

function isOf({ endpoint, id }: Deployment, relay: Relay): boolean {
  return relay.endpoint === endpoint && relay.deployment === id;
}
