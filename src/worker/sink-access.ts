import { type JobKind, yieldsEntities } from '../../foundation/src/domain/job.ts';
import {
  catalogEndpointOf,
  catalogServerOf,
  type CatalogServer,
} from '../../openmetadata/src/catalog-server.ts';
import { createMetadataRestSink } from '../../openmetadata/src/sink/rest-sink.ts';
import type { Workflow } from '../../openmetadata/src/workflow.ts';
import { createDial } from '../policy/dial.ts';
import type { Policy, SecretUse } from '../policy/policy.ts';
import { OPENMETADATA } from '../policy/schema.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { parseReference } from '../secrets/reference.ts';
import { createSecretSources } from '../secrets/resolver.ts';
import type { SecretPlace } from '../secrets/scan.ts';
import type { SecretSource } from '../secrets/secret.ts';
import type { Access, AccessRequest } from './access.ts';
import { storableConnection } from './service-connection.ts';
import type { AccessDeps } from './source-access.ts';

/**
 * Whether a run uses the sink that its workflow names. `unused`: the records of a worker go to the
 * control plane. `required`: the records go to the sink only. `ifPermitted`: the records go to a
 * file, and to the sink as well if the policy has a rule for it, so that a document written for
 * another program runs unchanged.
 */
export type SinkUse = 'required' | 'ifPermitted' | 'unused';

const TOKEN = 'jwtToken';

/**
 * The server that the records go to; undefined when the run has no sink. Throws JOB_INVALID and
 * INPUT_INVALID.
 */
export function sinkServerFor(
  { kind, workflow }: AccessRequest,
  use: SinkUse,
  policy: Policy,
): CatalogServer | undefined {
  if (!yieldsEntities(kind) || use === 'unused') return undefined;
  if (use === 'required') return catalogServerOf(workflow);
  if (!hasPolicyRule(workflow, policy)) return undefined;
  const server = catalogServerOf(workflow);
  return server !== undefined && isPermitted(server, kind, policy) ? server : undefined;
}

/**
 * Even when the rest of the sink's configuration is invalid: then the run must fail, not skip the
 * sink.
 */
function hasPolicyRule(workflow: Workflow, policy: Policy): boolean {
  const endpoint = catalogEndpointOf(workflow);
  return endpoint !== undefined && policy.namesHost(endpoint, OPENMETADATA);
}

function isPermitted(
  { endpoint, securityConfig }: CatalogServer,
  kind: JobKind,
  policy: Policy,
): boolean {
  const token = securityConfig[TOKEN];
  const path = typeof token === 'string' ? parseReference(token) : undefined;
  const uses = path === undefined ? [] : [{ path, field: TOKEN }];
  return policy.hostPermitted(endpoint, { connector: OPENMETADATA, kind, uses }).allowed;
}

/** Where a reference to the sink's token may be in the document. */
export function sinkPlace(server: CatalogServer | undefined): SecretPlace {
  return {
    at: 'workflowConfig.openMetadataServerConfig.securityConfig',
    fields: [TOKEN],
    unused: server === undefined,
  };
}

interface SinkOptions {
  readonly server: CatalogServer;
  readonly request: Pick<AccessRequest, 'kind' | 'workflow' | 'connector'>;
  readonly redactor: Redactor;
  /** The reference to the sink's token, if the document has one. */
  readonly uses: readonly SecretUse[];
}

/**
 * The sink's token is bound to its server and the source's secrets to theirs; neither may reach a
 * host of the other.
 */
export function sinkAccess(
  { server, request, redactor, uses }: SinkOptions,
  deps: AccessDeps,
): Required<Pick<Access, 'openSink'>> {
  const { hostPort, ca, storeServiceConnection } = server;
  const { policy, connect, trail, audit } = deps;
  const { kind, workflow, connector } = request;
  const jwtToken = tokenOf(server, kind, deps);
  const { ingestionPipelineFQN, pipelineRunId, workflowConfig, source } = workflow;
  return {
    openSink: ({ logger, clock, random, onProgress }) =>
      createMetadataRestSink({
        hostPort,
        jwtToken,
        connect: createDial({ policy, connect, connector: OPENMETADATA, kind, uses, trail, audit }),
        tls: { ca },
        clock,
        random,
        logger,
        onProgress,
        serviceConnection: () =>
          storeServiceConnection
            ? storableConnection({ workflow, connector, redactor })
            : undefined,
        overrideMetadata: source.sourceConfig.config['overrideMetadata'] === true,
        successThreshold: workflowConfig.successThreshold,
        ...(ingestionPipelineFQN === undefined
          ? {}
          : { pipeline: { fqn: ingestionPipelineFQN, runId: pipelineRunId ?? random.uuid() } }),
      }),
  };
}

function tokenOf(
  { endpoint, securityConfig }: CatalogServer,
  kind: JobKind,
  deps: AccessDeps,
): SecretSource {
  const token = createSecretSources({
    ...deps,
    kind,
    connection: securityConfig,
    secretFields: [TOKEN],
    secretDirectories: [],
    connector: OPENMETADATA,
    endpoints: [endpoint],
  }).get(TOKEN);
  if (token !== undefined) return token;
  throw new RunnerError('INTERNAL', 'the validated sink configuration has no token');
}
