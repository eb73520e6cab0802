/**
 * What OpenMetadata servers have deployed. Invariants:
 * - A deployment is on disk before its answer.
 * - The last deployment of a pipeline wins, in the order in which the calls arrived.
 * - The bot token is in the store only sealed, and is dropped with its deployment.
 */
import type { Deps } from '../../deps.ts';
import type { Run } from '../../runs/run.ts';
import { ControlPlaneError } from '../../runtime/errors.ts';
import { SCHEDULES } from '../../runtime/change-hub.ts';
import { KeyedSerialQueue } from '../../runtime/keyed-serial-queue.ts';
import { poolOf } from '../../runners/pools.ts';
import { parseSchedule } from '../../schedules/saving.ts';
import type {
  Caller,
  DeployedPipelines,
  Deployment,
  DeploymentRuns,
  DeployResult,
  OpenMetadataServers,
  QueuedStatus,
} from '../deployed-pipelines.ts';
import type { Sealer } from '../sealing.ts';
import { sealToken } from './bot-tokens.ts';
import { checkNames, dropDeployment, dropUnusedServices, scheduleOf } from './definitions.ts';
import {
  checkPipeline,
  foreignByService,
  foreignByType,
  requestedOptions,
  serviceOf,
  type CheckedPipeline,
} from './draft.ts';
import {
  parseIngestionPipeline,
  testedService,
  withoutToken,
  type IngestionPipeline,
} from './payload.ts';
import type { Settling } from './settling.ts';
import { isStale } from './stale.ts';

export interface DeploymentsDeps extends Pick<Deps, 'store' | 'clock' | 'log' | 'changes'> {
  readonly servers: OpenMetadataServers;
  readonly runs: DeploymentRuns;
  readonly sealer: Sealer;
  readonly settling: Settling;
}

export class Deployments implements DeployedPipelines {
  readonly #deps: DeploymentsDeps;
  readonly #order = new KeyedSerialQueue();

  constructor(deps: DeploymentsDeps) {
    this.#deps = deps;
  }

  async deploy(caller: Caller, payload: unknown, signal: AbortSignal): Promise<DeployResult> {
    const pipeline = parseIngestionPipeline(payload);
    const foreign = foreignByType(pipeline);
    if (foreign !== undefined) return this.#foreign(caller, pipeline, foreign);
    const { endpoint } = caller;
    return this.#order.run(`${endpoint.name}/${pipeline.id}`, async () => {
      const service = await serviceOf(this.#deps.servers, endpoint, pipeline, signal);
      const message = foreignByService(pipeline, service);
      if (message !== undefined) return this.#foreign(caller, pipeline, message);
      const checked = checkPipeline(caller, pipeline, service);
      const isNew = !(await this.has(caller, pipeline.name));
      const deployment = await this.#store(caller, pipeline, checked);
      if (deployment.settledAt === null) this.#deps.settling.deployed(deployment);
      const { name: dagId, pool } = deployment;
      const notes = [`runs on runners of pool ${pool}`, ...checked.notes].join('; ');
      return { kind: 'deployed', message: `${dagId} deployed: ${notes}`, dagId, isNew };
    });
  }

  async has({ endpoint }: Caller, dagId: string): Promise<boolean> {
    return (await this.#deps.store.read.deployments.named(endpoint.name, dagId)) !== undefined;
  }

  async delete({ endpoint }: Caller, dagId: string): Promise<void> {
    const { store, runs, log, settling, changes } = this.#deps;
    const deployment = await store.read.deployments.named(endpoint.name, dagId);
    if (deployment === undefined) return;
    await runs.forget(deployment);
    await store.transaction(async (tx) => {
      await dropDeployment(tx, deployment);
      if (await dropUnusedServices(tx, endpoint.name)) settling.left(endpoint.name);
    });
    changes.changed(SCHEDULES);
    log.info({ endpoint: endpoint.name, pipeline: deployment.pipeline }, 'deployment deleted');
  }

  async setEnabled(caller: Caller, dagId: string, enabled: boolean): Promise<void> {
    const { store, clock, settling } = this.#deps;
    const { endpoint, id } = await this.#existing(caller, dagId);
    await store.transaction(async (tx) => {
      const present = await tx.deployments.get(endpoint, id);
      if (present !== undefined)
        await tx.deployments.save({
          ...present,
          enabled,
          settledAt: null,
          deployedAt: clock.now(),
        });
    });
    await settling.settle(endpoint, id);
  }

  async trigger(
    caller: Caller,
    dagId: string,
    conf: Readonly<Record<string, unknown>> | undefined,
  ): Promise<Run> {
    return this.#deps.runs.trigger(await this.#settled(caller, dagId), { conf });
  }

  async kill(caller: Caller, dagId: string): Promise<void> {
    await this.#deps.runs.kill(await this.#existing(caller, dagId));
  }

  async queued(caller: Caller, dagId: string): Promise<readonly QueuedStatus[]> {
    return this.#deps.runs.queued(await this.#existing(caller, dagId));
  }

  async log(caller: Caller, dagId: string): Promise<string> {
    return this.#deps.runs.log(await this.#existing(caller, dagId));
  }

  async testConnection(
    { endpoint, pool }: Caller,
    workflow: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { service, runner } = testedService(workflow);
    const { poolRules: rules, pool: standard } = endpoint;
    const chosen = poolOf(service, { path: runner ?? pool, rules, standard });
    await this.#deps.runs.testConnection(endpoint, workflow, chosen);
  }

  /** Later calls name a pipeline only by its name. Throws CONFLICT for the name of one here. */
  async #foreign(
    { endpoint }: Caller,
    { id, name }: IngestionPipeline,
    message: string,
  ): Promise<DeployResult> {
    const named = await this.#deps.store.read.deployments.named(endpoint.name, name);
    if (named !== undefined && named.id !== id)
      throw new ControlPlaneError('CONFLICT', `pipeline name ${name} is in use by ${named.fqn}`, {
        remedy: 'Rename it, or delete the other one.',
      });
    return { kind: 'foreign', message };
  }

  /** Returns what is deployed from now on: the one before, if this one is stale. */
  async #store(
    caller: Caller,
    pipeline: IngestionPipeline,
    checked: CheckedPipeline,
  ): Promise<Deployment> {
    const { store, log, runs } = this.#deps;
    const deployment = this.#deploymentOf(caller, pipeline, checked);
    const { endpoint, id, name } = deployment;
    let replaced: Deployment | undefined;
    const stored = await store.transaction(async (tx) => {
      const taken = await tx.deployments.get(endpoint, id);
      if (taken !== undefined && isStale(deployment, taken)) return taken;
      await checkNames(tx, deployment);
      const named = await tx.deployments.named(endpoint, name);
      replaced = named?.id === id ? undefined : named;
      if (replaced !== undefined) await tx.deployments.delete(endpoint, replaced.id);
      await tx.deployments.save(deployment);
      return deployment;
    });
    if (replaced !== undefined) await runs.forget(replaced);
    log.info({ endpoint, pipeline: stored.pipeline }, 'pipeline deployed');
    return stored;
  }

  /** Throws INPUT_INVALID for a schedule that does not exist. */
  #deploymentOf(
    { endpoint }: Caller,
    pipeline: IngestionPipeline,
    { service, token, checked, pool }: CheckedPipeline,
  ): Deployment {
    const { clock, sealer } = this.#deps;
    const { id, name } = pipeline;
    const deployment: Deployment = {
      endpoint: endpoint.name,
      id,
      name,
      fqn: pipeline.fullyQualifiedName ?? `${service.name}.${name}`,
      service: service.name,
      pipeline: `${service.name}.${name}`,
      pool,
      payload: {
        ...withoutToken(pipeline),
        sourceConfig: { config: requestedOptions(endpoint, pipeline) },
      },
      connection: checked.stored,
      enabled: pipeline.enabled ?? true,
      deployedAt: clock.now(),
      settledAt: null,
      sealedToken: sealToken(sealer, { endpoint: endpoint.name, id }, token),
    };
    parseSchedule(scheduleOf(deployment));
    return deployment;
  }

  /** Throws NOT_FOUND. */
  async #existing({ endpoint }: Caller, dagId: string): Promise<Deployment> {
    const found = await this.#deps.store.read.deployments.named(endpoint.name, dagId);
    if (found === undefined) throw notDeployed(dagId);
    return found;
  }

  /** Throws NOT_FOUND, and CONFLICT when a name was taken meanwhile. */
  async #settled(caller: Caller, dagId: string): Promise<Deployment> {
    const { endpoint, id } = await this.#existing(caller, dagId);
    const settled = await this.#deps.settling.settle(endpoint, id);
    if (settled === undefined) throw notDeployed(dagId);
    return settled;
  }
}

function notDeployed(dagId: string): ControlPlaneError {
  return new ControlPlaneError('NOT_FOUND', `pipeline ${dagId} is not deployed`, {
    remedy: 'Deploy it.',
  });
}
