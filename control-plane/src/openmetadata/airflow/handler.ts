import type { StoredEndpoint } from '../../store/openmetadata.ts';
import type { DeployedPipelines } from '../deployed-pipelines.ts';
import type { Answer } from './answers.ts';
import type { AirflowCall } from './requests.ts';
import type { ServerVersions } from './server-versions.ts';
import type { Upstream } from './upstream.ts';

export interface CallsDeps {
  readonly pipelines: DeployedPipelines;
  readonly versions: ServerVersions;
  readonly upstream: Upstream;
}

export interface AirflowRequest {
  readonly call: AirflowCall;
  readonly caller: { readonly endpoint: StoredEndpoint; readonly pool: string | null };
  readonly signal: AbortSignal;
}

export type Handler = (request: AirflowRequest) => Promise<Answer>;
