import type { Deps } from '../deps.ts';
import type { Registry } from '../link/registry.ts';
import type { DeploymentRuns, OpenMetadataServers } from './deployed-pipelines.ts';
import { botTokens } from './deployments/bot-tokens.ts';
import { createDeploymentRuns } from './runs/deployment-runs.ts';
import type { Sealer } from './sealing.ts';
import { systemConnect } from './server/connection.ts';
import { createServers } from './server/services.ts';

/** What the deployments of OpenMetadata servers need from elsewhere. */
export interface OpenMetadataParts {
  readonly servers: OpenMetadataServers;
  readonly runs: DeploymentRuns;
  /** Brings results to the servers until the signal aborts. */
  readonly work?: (signal: AbortSignal) => Promise<void>;
}

export function openMetadataParts(
  deps: Deps,
  registry: Registry,
  sealer: Sealer,
): OpenMetadataParts {
  const shared = { ...deps, connect: systemConnect };
  const servers = createServers(shared);
  const tokens = botTokens(sealer);
  const runs = createDeploymentRuns({ ...shared, servers, registry, sealer, tokens });
  return { servers, runs, work: (signal) => runs.run(signal) };
}
