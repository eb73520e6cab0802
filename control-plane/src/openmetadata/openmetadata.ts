/** Puts together what serves OpenMetadata servers. */
import type { Hono } from 'hono';
import type { HttpBindings } from '@hono/node-server';
import type { Deps } from '../deps.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import type { ScheduledStarter } from '../schedules/starter.ts';
import { airflowApi } from './airflow/airflow-api.ts';
import { ServerVersions } from './airflow/server-versions.ts';
import { Upstream } from './airflow/upstream.ts';
import { Deployments } from './deployments/deployments.ts';
import { Settling } from './deployments/settling.ts';
import { SignIn } from './endpoints/sign-in.ts';
import type { OpenMetadataParts } from './parts.ts';
import type { Sealer } from './sealing.ts';

export interface OpenMetadataOptions extends OpenMetadataParts {
  readonly deps: Deps;
  readonly sealer: Sealer;
  readonly stopping: AbortSignal;
}

export interface OpenMetadata {
  /** The API of the Airflow plugin. */
  readonly api: Hono<{ Bindings: HttpBindings }>;
  /** Starts the scheduled runs of deployed pipelines. */
  readonly startManaged: ScheduledStarter;
  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export function createOpenMetadata(options: OpenMetadataOptions): OpenMetadata {
  const { deps, sealer, servers, runs, work, stopping } = options;
  const settling = new Settling(deps);
  const pipelines = new Deployments({ ...deps, sealer, servers, runs, settling });
  const api = airflowApi({
    pipelines,
    versions: new ServerVersions(servers, deps.clock),
    upstream: new Upstream(sealer),
    signIn: new SignIn(deps),
    log: deps.log,
    stopping,
  });
  return {
    api,
    startManaged: async ({ name }, scheduled) => {
      const deployment = await deps.store.read.deployments.ofPipeline(name);
      if (deployment === undefined)
        throw new ControlPlaneError('NOT_FOUND', `pipeline ${name} is not deployed`);
      return runs.trigger(deployment, { scheduled });
    },
    run: async (signal) => {
      await Promise.all([settling.run(signal), work?.(signal)]);
    },
  };
}
