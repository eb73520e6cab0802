/**
 * Queues a run of a deployment. The connection is read from the server for every run, so that a
 * change there needs no deployment; what the server shows is checked before it is used.
 */
import type { Json } from '../../../../foundation/src/domain/json.ts';
import { parseSourceConfig } from '../../definitions/source-config.ts';
import { pipelineDraft, queueRun } from '../../runs/start-run.ts';
import type { Run } from '../../runs/run.ts';
import { workflowOf } from '../../runs/workflow.ts';
import { ControlPlaneError } from '../../runtime/errors.ts';
import type { Relay } from '../../store/relay.ts';
import type { Pipeline, Service, Transaction } from '../../store/store.ts';
import type { Deployment, Endpoint, TriggerOptions } from '../deployed-pipelines.ts';
import { checkedConnection, type CheckedConnection } from '../deployments/connection.ts';
import { sealPlainSecrets } from '../deployments/plain-secrets.ts';
import { uuid } from '../server/adapters.ts';
import { existingEndpoint } from './existing.ts';
import { isShownAsRun, storeRejectedRun } from './rejected-run.ts';
import { RELAYS, type RelayDeps } from './relay-deps.ts';

const TRIGGER_MS = 30_000;

/**
 * Queues a run, or a run that fails at once with the error that a user has to correct in
 * OpenMetadata. Throws NOT_FOUND for a pipeline that is not deployed, and OPENMETADATA_FAILED.
 */
export async function triggerRun(
  deps: RelayDeps,
  deployment: Deployment,
  options: TriggerOptions,
): Promise<Run> {
  try {
    return await queueDeployed(deps, deployment, options);
  } catch (thrown) {
    const error = ControlPlaneError.from(thrown);
    const { definitions } = deps.store.read;
    const pipeline = await definitions.pipeline(deployment.pipeline);
    const service = pipeline && (await definitions.service(pipeline.service));
    if (!isShownAsRun(error) || pipeline === undefined || service === undefined) throw error;
    const config = overrideOf(options.conf);
    const settings = { config, sourceConfig: pipeline.sourceConfig };
    const relay = newRelay(deployment, uuid(deps.random), settings);
    const rejected = { service, pipeline, relay, error: error.body() };
    return storeRejectedRun(deps, deployment, rejected, options.scheduled);
  }
}

async function queueDeployed(
  deps: RelayDeps,
  deployment: Deployment,
  { conf, scheduled }: TriggerOptions,
): Promise<Run> {
  const { store, changes, random } = deps;
  const endpoint = await existingEndpoint(store.read, deployment.endpoint);
  const checked = await readConnection(deps, endpoint, deployment);
  const config = overrideOf(conf);
  const pipelineRunId = uuid(random);
  let relay: Relay | undefined;
  const run = await queueRun(
    deps,
    async (tx) => {
      const { service, pipeline: saved } = await refresh(tx, deps, deployment, checked.stored);
      const sourceConfig = parseSourceConfig({ ...saved.sourceConfig, ...config });
      relay = newRelay(deployment, pipelineRunId, { config, sourceConfig });
      const pipeline = { ...saved, sourceConfig };
      const connectionOf = (runId: string): Json =>
        sealPlainSecrets(deps.sealer, runId, checked.connection, checked.plain);
      return {
        ...pipelineDraft(service, pipeline, scheduled?.slot),
        pool: deployment.pool,
        workflow: (runId) => ({
          ...workflowOf({ ...service, connection: connectionOf(runId) }, pipeline, runId),
          ingestionPipelineFQN: deployment.fqn,
          pipelineRunId,
        }),
      };
    },
    async (tx, queued) => {
      await scheduled?.also(tx, queued);
      await tx.relays.save({ ...relay!, runId: queued.id, queuedAt: queued.queuedAt });
    },
  );
  changes.changed(RELAYS);
  return run;
}

async function readConnection(
  { servers, tokens }: RelayDeps,
  endpoint: Endpoint,
  deployment: Deployment,
): Promise<CheckedConnection> {
  const signal = AbortSignal.timeout(TRIGGER_MS);
  const { service } = deployment;
  const found = await servers.databaseService(endpoint, tokens.of(deployment), service, signal);
  if (found === undefined)
    throw new ControlPlaneError('NOT_FOUND', `the server has no service ${service}`, {
      remedy: 'Add the service again in OpenMetadata, or delete the pipeline.',
    });
  return checkedConnection(found, endpoint);
}

/** The settings of this run alone, as the Airflow plugin takes them from `conf`. */
function overrideOf(conf: Json | undefined): Json | null {
  const override = conf?.['appConfigOverride'];
  return typeof override === 'object' && override !== null && !Array.isArray(override)
    ? (override as Json)
    : null;
}

/** The definitions of this control plane, with the connection as it is now. */
async function refresh(
  tx: Transaction,
  { clock }: RelayDeps,
  { endpoint, id, pipeline: name }: Deployment,
  connection: Json,
): Promise<{ readonly service: Service; readonly pipeline: Pipeline }> {
  const deployment = await tx.deployments.get(endpoint, id);
  const pipeline = await tx.definitions.pipeline(name);
  const present = pipeline && (await tx.definitions.service(pipeline.service));
  if (deployment === undefined || pipeline === undefined || present === undefined)
    throw new ControlPlaneError('NOT_FOUND', `pipeline ${name} is not deployed`, {
      remedy: 'Deploy it again in OpenMetadata.',
    });
  const service = { ...present, connection };
  if (JSON.stringify(present.connection) !== JSON.stringify(connection))
    await tx.definitions.saveService({ ...service, updatedAt: clock.now() });
  return { service, pipeline };
}

function newRelay(
  deployment: Deployment,
  pipelineRunId: string,
  { config, sourceConfig }: { readonly config: Json | null; readonly sourceConfig: Json },
): Relay {
  return {
    runId: '',
    service: deployment.service,
    endpoint: deployment.endpoint,
    deployment: deployment.id,
    pipelineFqn: deployment.fqn,
    pipelineRunId,
    queuedAt: 0,
    config,
    overrideMetadata: sourceConfig['overrideMetadata'] === true,
    stopped: false,
    status: { state: 'waiting', trouble: null },
    counts: {},
  };
}
