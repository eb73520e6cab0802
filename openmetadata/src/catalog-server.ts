import { z } from 'zod';
import type { Endpoint } from '../../foundation/src/network/endpoint.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { apiEndpoint, apiUrl } from './api-url.ts';
import type { Workflow } from './workflow.ts';

const SINK_TYPE = 'metadata-rest';

/** The fields of openMetadataConnection that the runner uses; other options pass through. */
const serverConfigSchema = z.looseObject({
  hostPort: z.string(),
  authProvider: z
    .literal('openmetadata', 'must be openmetadata: the sink signs in with a bot token')
    .nullish(),
  securityConfig: z.looseObject({ jwtToken: z.string().min(1) }),
  storeServiceConnection: z.boolean().nullish(),
  sslConfig: z
    .looseObject({
      caCertificate: z.string().nullish(),
      sslCertificate: z.null('client certificates are not supported').optional(),
      sslKey: z.null('client certificates are not supported').optional(),
    })
    .nullish(),
});

/** The OpenMetadata server that a workflow writes to. */
export interface CatalogServer {
  /** `https://catalog.example.com/api`. */
  readonly hostPort: string;
  readonly endpoint: Endpoint;
  readonly securityConfig: Readonly<Record<string, unknown>>;
  /** PEM of CAs trusted for this server alone. */
  readonly ca: readonly string[];
  /** Whether a service that the sink creates gets the connection. */
  readonly storeServiceConnection: boolean;
}

/**
 * The server behind the workflow's sink; undefined without one. Throws JOB_INVALID and
 * INPUT_INVALID.
 */
export function catalogServerOf({ sink, workflowConfig }: Workflow): CatalogServer | undefined {
  if (sink === undefined) return undefined;
  if (sink.type !== SINK_TYPE)
    throw new RunnerError(
      'JOB_INVALID',
      `sink.type is not supported; the only sink is ${SINK_TYPE}`,
      { remedy: `Set sink.type to ${SINK_TYPE}, or remove the sink.` },
    );
  const parsed = serverConfigSchema.safeParse(workflowConfig.openMetadataServerConfig ?? {});
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.')}: ${issue.message}`,
    );
    throw new RunnerError(
      'JOB_INVALID',
      `workflowConfig.openMetadataServerConfig is not valid: ${problems.join('; ')}`,
      { remedy: 'Set the server and its token, or remove the sink.' },
    );
  }
  const { hostPort, securityConfig, sslConfig, storeServiceConnection } = parsed.data;
  const url = apiUrl(hostPort);
  if (url.protocol !== 'https:') {
    throw new RunnerError(
      'JOB_INVALID',
      'openMetadataServerConfig.hostPort must start with https',
      {
        remedy: 'Put TLS in front of the server: the bot token is only sent encrypted.',
      },
    );
  }
  const { caCertificate } = sslConfig ?? {};
  return {
    hostPort,
    endpoint: apiEndpoint(url),
    securityConfig,
    ca: typeof caCertificate === 'string' && caCertificate !== '' ? [caCertificate] : [],
    storeServiceConnection: storeServiceConnection !== false,
  };
}

/**
 * The address of the workflow's sink, even if its other settings are invalid; undefined without a
 * supported sink.
 */
export function catalogEndpointOf({ sink, workflowConfig }: Workflow): Endpoint | undefined {
  const hostPort = workflowConfig.openMetadataServerConfig?.['hostPort'];
  if (sink?.type !== SINK_TYPE || typeof hostPort !== 'string') return undefined;
  try {
    return apiEndpoint(apiUrl(hostPort));
  } catch {
    return undefined;
  }
}

/** Whether the workflow names its own sink, rather than the catalog it came from. */
export function namesSink({ sink, workflowConfig }: Workflow): boolean {
  return (
    sink !== undefined &&
    (sink.type !== SINK_TYPE || workflowConfig.openMetadataServerConfig?.['hostPort'] !== undefined)
  );
}
