import { z } from 'zod';
import type { Endpoint } from '../network/endpoint.ts';
import { RunnerError } from '../runtime/errors.ts';
import { apiEndpoint, apiUrl } from './api-url.ts';
import type { Workflow } from './workflow.ts';

const SINK_TYPE = 'metadata-rest';

/** OpenMetadata's openMetadataConnection, as far as it is acted on; its other options pass through. */
const serverConfigSchema = z.looseObject({
  hostPort: z.string(),
  authProvider: z
    .literal('openmetadata', 'must be openmetadata: the sink signs in with a bot’s token')
    .nullish(),
  securityConfig: z.looseObject({ jwtToken: z.string().min(1) }),
  sslConfig: z
    .looseObject({
      caCertificate: z.string().nullish(),
      sslCertificate: z.null('client certificates are not supported here').optional(),
      sslKey: z.null('client certificates are not supported here').optional(),
    })
    .nullish(),
});

/** The OpenMetadata server that a workflow writes to. */
export interface CatalogueServer {
  /** `https://catalog.example.com/api`. */
  readonly hostPort: string;
  readonly endpoint: Endpoint;
  readonly securityConfig: Readonly<Record<string, unknown>>;
  /** PEM of CAs trusted for this server alone. */
  readonly ca: readonly string[];
}

/** The server behind the workflow's sink; undefined without one. Throws JOB_INVALID and INPUT_INVALID. */
export function catalogueServerOf({ sink, workflowConfig }: Workflow): CatalogueServer | undefined {
  if (sink === undefined) return undefined;
  if (sink.type !== SINK_TYPE)
    throw new RunnerError(
      'JOB_INVALID',
      `sink.type names a sink that there is not; there is ${SINK_TYPE}`,
      { remedy: `Write ${SINK_TYPE}, or leave the sink out.` },
    );
  const parsed = serverConfigSchema.safeParse(workflowConfig.openMetadataServerConfig ?? {});
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.')}: ${issue.message}`,
    );
    throw new RunnerError(
      'JOB_INVALID',
      `workflowConfig.openMetadataServerConfig has problems: ${problems.join('; ')}`,
      { remedy: 'Name the server and its token, or leave the sink out.' },
    );
  }
  const { hostPort, securityConfig, sslConfig } = parsed.data;
  const url = apiUrl(hostPort);
  if (url.protocol !== 'https:') {
    throw new RunnerError(
      'JOB_INVALID',
      'openMetadataServerConfig.hostPort does not start with https',
      {
        remedy: 'Put TLS in front of the server: the bot’s token goes out encrypted or not at all.',
      },
    );
  }
  const { caCertificate } = sslConfig ?? {};
  return {
    hostPort,
    endpoint: apiEndpoint(url),
    securityConfig,
    ca: typeof caCertificate === 'string' && caCertificate !== '' ? [caCertificate] : [],
  };
}

/** Where the server behind the workflow's sink is, whatever else is said of it; undefined when there is none that this program could write to. */
export function catalogueEndpointOf({ sink, workflowConfig }: Workflow): Endpoint | undefined {
  const hostPort = workflowConfig.openMetadataServerConfig?.['hostPort'];
  if (sink?.type !== SINK_TYPE || typeof hostPort !== 'string') return undefined;
  try {
    return apiEndpoint(apiUrl(hostPort));
  } catch {
    return undefined;
  }
}

/** Whether the workflow says of itself where its results go, beyond "to the catalogue that it came from". */
export function namesSink({ sink, workflowConfig }: Workflow): boolean {
  return (
    sink !== undefined &&
    (sink.type !== SINK_TYPE || workflowConfig.openMetadataServerConfig?.['hostPort'] !== undefined)
  );
}
