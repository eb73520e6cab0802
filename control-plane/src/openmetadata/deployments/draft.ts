/** Makes a deployment that can run of the payload of a deploy call, or says why there is none. */
import { checkSecretReferences } from '../../definitions/connection-secrets.ts';
import { parseSourceConfig } from '../../definitions/source-config.ts';
import { poolOf } from '../../runners/pools.ts';
import { ControlPlaneError } from '../../runtime/errors.ts';
import { PROGRAM } from '../../runtime/program.ts';
import type {
  Caller,
  Endpoint,
  OpenMetadataServers,
  ServerService,
} from '../deployed-pipelines.ts';
import { checkedConnection, type CheckedConnection } from './connection.ts';
import { sourceOptionsOf } from './definitions.ts';
import { botTokenOf, type IngestionPipeline } from './payload.ts';
import { OUR_SERVICE } from '../../definitions/service-types.ts';

const DATABASE_SERVICE = 'databaseService';
/** Pipelines of a Salesforce service whose work is a part of its metadata run. */
const PART_OF_METADATA: Readonly<Record<string, string>> = {
  profiler: `Profiles and sample rows are read by the metadata pipeline: see \`${PROGRAM} openmetadata change --profile --sample-rows\`.`,
  autoClassification: 'Classifications of Salesforce fields are read by the metadata pipeline.',
  lineage: 'Lineage of Salesforce objects is read by the metadata pipeline.',
  usage: 'Salesforce has no query log to read usage from.',
};

export interface CheckedPipeline {
  readonly service: ServerService;
  readonly token: string;
  readonly checked: CheckedConnection;
  readonly pool: string;
  /** To display: what was left out. */
  readonly notes: readonly string[];
}

/** Words for a pipeline that is not for runners; undefined when only its service can tell. */
export function foreignByType({ pipelineType, service }: IngestionPipeline): string | undefined {
  return service?.type === DATABASE_SERVICE
    ? undefined
    : `${pipelineType} pipelines of a ${service?.type ?? 'service without a type'} do not run on runners`;
}

/**
 * The options of runs of a pipeline: OpenMetadata's forms have none for profiles and sample rows.
 */
export function requestedOptions(
  { profile = false, sampleRows = false }: Endpoint,
  { sourceConfig }: IngestionPipeline,
): Readonly<Record<string, unknown>> {
  return {
    ...(profile ? { profile: {} } : {}),
    ...(sampleRows ? { sampleRows: {} } : {}),
    ...sourceConfig?.config,
  };
}

export function foreignByService(
  { pipelineType }: IngestionPipeline,
  service: ServerService,
): string | undefined {
  return service.serviceType === OUR_SERVICE
    ? undefined
    : `${pipelineType} pipelines of ${service.serviceType} services do not run on runners, only those of ${OUR_SERVICE} services`;
}

/** The service of a pipeline, read as its bot. Throws INPUT_INVALID and what the server throws. */
export async function serviceOf(
  servers: OpenMetadataServers,
  endpoint: Endpoint,
  pipeline: IngestionPipeline,
  signal: AbortSignal,
): Promise<ServerService> {
  const name = pipeline.service?.fullyQualifiedName ?? pipeline.service?.name ?? '';
  const service = await servers.databaseService(endpoint, botTokenOf(pipeline), name, signal);
  if (service === undefined)
    throw new ControlPlaneError(
      'INPUT_INVALID',
      `the server ${endpoint.server} has no database service ${name}`,
      { remedy: 'Check that the endpoint has the URL of the server that deployed this pipeline.' },
    );
  return service;
}

/** Throws INPUT_INVALID and SECRET_IN_PLAIN_TEXT with a message for OpenMetadata's interface. */
export function checkPipeline(
  { endpoint, pool }: Caller,
  pipeline: IngestionPipeline,
  service: ServerService,
): CheckedPipeline {
  checkType(pipeline);
  const { known, unknown } = sourceOptionsOf(requestedOptions(endpoint, pipeline));
  checkSecretReferences(known);
  parseSourceConfig(known);
  const checked = checkedConnection(service, endpoint);
  return {
    service,
    token: botTokenOf(pipeline),
    checked,
    pool: poolOf(service.name, {
      path: pipeline.ingestionRunner?.name ?? pool,
      rules: endpoint.poolRules,
      standard: endpoint.pool,
    }),
    notes: [...ignored('connection', checked.unknown), ...ignored('options', unknown)],
  };
}

function checkType({ pipelineType }: IngestionPipeline): void {
  if (pipelineType === 'metadata') return;
  throw new ControlPlaneError(
    'INPUT_INVALID',
    `${pipelineType} pipelines of ${OUR_SERVICE} services are not needed`,
    {
      remedy: `${PART_OF_METADATA[pipelineType] ?? 'Runners run metadata pipelines.'} Delete this pipeline.`,
    },
  );
}

function ignored(what: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`ignored ${what}: ${names.join(', ')}`];
}
