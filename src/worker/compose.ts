import { join } from 'node:path';
import { sourceNetwork } from '../config/network-settings.ts';
import type { ConnectorLimits } from '../connectors/connector.ts';
import { JOB_TRAITS } from '../domain/job.ts';
import type { Connect } from '../network/connect.ts';
import { createConnect } from '../network/open.ts';
import type { Logger } from '../observability/logger.ts';
import {
  catalogueEndpointOf,
  catalogueServerOf,
  type CatalogueServer,
} from '../openmetadata/catalogue-server.ts';
import { createMetadataRestSink } from '../openmetadata/sink/rest-sink.ts';
import type { Workflow } from '../openmetadata/workflow.ts';
import { createDial } from '../policy/dial.ts';
import { openPolicyForJob } from '../policy/open-policy.ts';
import { denial, type Limits, type Policy, type Reach, type SecretUse } from '../policy/policy.ts';
import { RunnerError } from '../runtime/errors.ts';
import { createProviders } from '../secrets/providers.ts';
import { parseReference } from '../secrets/reference.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { createSecretSources, type SecretSourceOptions } from '../secrets/resolver.ts';
import { scanForSecrets } from '../secrets/scan.ts';
import type { Access, AttemptOptions } from './run-attempt.ts';
import { openMemoryFile } from './run-memory.ts';
import type { WorkerSettings } from './settings.ts';

export interface AccessOptions {
  readonly settings: WorkerSettings;
  /** Learns every secret that is read; hand its `redact` to the attempt. */
  readonly redactor: Redactor;
  /** The local log. What it is told is not for the control plane. */
  readonly audit: Logger;
  /** For the environment provider. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly sink: SinkUse;
}

/**
 * What becomes of the sink that a workflow names. A worker's records go to the control plane (`unused`). Records that have
 * a file to go to reach the sink as well if the policy names it for them (`ifPermitted`): a document that was written for
 * another program runs as it is.
 */
export type SinkUse = 'required' | 'ifPermitted' | 'unused';

const CONNECTION_AT = 'source.serviceConnection.config';
const SERVER_AT = 'workflowConfig.openMetadataServerConfig.securityConfig';
const TOKEN = 'jwtToken';
/** What the policy calls the sink. */
const SINK = 'openmetadata';

/**
 * What stands between a job and the customer's network, in this order: the policy, read anew; the whole document,
 * searched for references in the wrong places; then secrets and connections that ask the policy at each use.
 */
export function composeAccess({
  settings,
  redactor,
  audit,
  env,
  sink,
}: AccessOptions): AttemptOptions['openAccess'] {
  return async ({ kind, document, workflow, connector }) => {
    const policy = await openPolicyForJob(settings.policyFile, audit);
    const decision = policy.checkJob({ kind });
    if (!decision.allowed)
      throw denial('POLICY_DENIED', `jobs of kind ${kind} are not permitted`, decision);
    const connection = workflow.source.serviceConnection.config;
    const { secretFields, fileFields, type } = connector;
    const server = JOB_TRAITS[kind].bringsEntities ? serverFor(workflow, sink, policy) : undefined;
    const [uses = [], tokenUses = []] = scanForSecrets(document, {
      policy,
      places: [
        { at: CONNECTION_AT, fields: secretFields, fileFields },
        { at: SERVER_AT, fields: [TOKEN], unused: server === undefined },
      ],
    });
    const provider = createProviders(settings.secrets, env);
    const endpoints = connector.endpoints(connection);
    const connect = createConnect(await sourceNetwork(settings));
    return {
      secrets: createSecretSources({
        connection,
        secretFields,
        fileFields,
        connector: type,
        endpoints,
        policy,
        provider,
        secretsDirectory: settings.secrets.files.directory,
        redactor,
        audit,
      }),
      connect: createDial({ policy, connect, connector: type, uses, audit }),
      protect: (value) => redactor.add(value),
      limits: limitsFor(policy.limits, sink),
      // Results that go to a file or straight to a server must be whole.
      ...(settings.stateDir === undefined || sink !== 'unused' || !JOB_TRAITS[kind].bringsEntities
        ? {}
        : {
            memory: openMemoryFile(
              join(settings.stateDir, 'connectors', type.toLowerCase(), 'last-runs'),
              workflow.source.serviceName,
            ),
          }),
      stateDirectory:
        settings.stateDir === undefined
          ? undefined
          : join(settings.stateDir, 'connectors', type.toLowerCase()),
      ...(server === undefined
        ? {}
        : {
            openSink: sinkOpener({
              server,
              workflow,
              uses: tokenUses,
              connect,
              policy,
              provider,
              redactor,
              audit,
            }),
          }),
    };
  };
}

/** A worker of the link works for a control plane, which gets what is `local` by default only if the policy says `allow`. */
function limitsFor(limits: Limits, sink: SinkUse): ConnectorLimits {
  const permits = (reach: Reach): boolean =>
    reach === 'allow' || (reach === 'local' && sink !== 'unused');
  return {
    ...limits,
    codeText: permits(limits.codeText),
    profile: permits(limits.profile),
    owners: permits(limits.owners),
  };
}

function serverFor(workflow: Workflow, use: SinkUse, policy: Policy): CatalogueServer | undefined {
  if (use === 'unused' || (use === 'ifPermitted' && !policyNames(workflow, policy)))
    return undefined;
  const server = catalogueServerOf(workflow);
  if (server === undefined || use === 'required') return server;
  const token = server.securityConfig[TOKEN];
  const path = typeof token === 'string' ? parseReference(token) : undefined;
  const uses = path === undefined ? [] : [{ path, field: TOKEN }];
  return policy.hostPermitted(server.endpoint, { connector: SINK, uses }).allowed
    ? server
    : undefined;
}

/** Whether the policy is about the workflow's server, however much else of its configuration is wrong. */
function policyNames(workflow: Workflow, policy: Policy): boolean {
  const endpoint = catalogueEndpointOf(workflow);
  return endpoint !== undefined && policy.namesHost(endpoint, SINK);
}

interface SinkParts extends Pick<
  SecretSourceOptions,
  'policy' | 'provider' | 'redactor' | 'audit'
> {
  readonly server: CatalogueServer;
  readonly workflow: Workflow;
  readonly uses: readonly SecretUse[];
  readonly connect: Connect;
}

/** The token is bound to its server as a source's secrets are to theirs, and neither side's to the other's hosts. */
function sinkOpener({
  server,
  workflow,
  uses,
  connect,
  ...means
}: SinkParts): NonNullable<Access['openSink']> {
  const { hostPort, endpoint, securityConfig, ca } = server;
  const jwtToken = createSecretSources({
    ...means,
    connection: securityConfig,
    secretFields: [TOKEN],
    secretsDirectory: undefined,
    connector: SINK,
    endpoints: [endpoint],
  }).get(TOKEN);
  if (jwtToken === undefined)
    throw new RunnerError('INTERNAL', 'a checked configuration has no token');
  const { ingestionPipelineFQN, pipelineRunId, workflowConfig, source } = workflow;
  return ({ logger, clock, random }) =>
    createMetadataRestSink({
      hostPort,
      jwtToken,
      connect: createDial({
        policy: means.policy,
        connect,
        connector: SINK,
        uses,
        audit: means.audit,
      }),
      tls: { ca },
      clock,
      random,
      logger,
      overrideMetadata: source.sourceConfig.config['overrideMetadata'] === true,
      successThreshold: workflowConfig.successThreshold,
      ...(ingestionPipelineFQN === undefined
        ? {}
        : { pipeline: { fqn: ingestionPipelineFQN, runId: pipelineRunId ?? random.uuid() } }),
    });
}
