import { ControlPlaneError } from '../runtime/errors.ts';
import type { DeploymentRuns, OpenMetadataServers } from './deployed-pipelines.ts';

/** What the deployments of OpenMetadata servers need from elsewhere. */
export interface OpenMetadataParts {
  readonly servers: OpenMetadataServers;
  readonly runs: DeploymentRuns;
}

export function openMetadataParts(): OpenMetadataParts {
  const missing = async (): Promise<never> => {
    throw new ControlPlaneError('CONFLICT', 'this control plane has no client of OpenMetadata');
  };
  return {
    servers: { version: missing, databaseService: missing },
    runs: {
      trigger: missing,
      kill: missing,
      queued: missing,
      log: missing,
      testConnection: missing,
      forget: missing,
    },
  };
}
