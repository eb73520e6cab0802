import type { Pipeline, Service } from '../store/store.ts';

/** OpenMetadata's workflow document (metadataIngestion/workflow.json). */
export function workflowOf(
  service: Pick<Service, 'name' | 'type' | 'connection'>,
  pipeline: Pick<Pipeline, 'name' | 'sourceConfig' | 'loggerLevel'>,
  runId: string,
): object {
  return {
    source: {
      type: service.type.toLowerCase(),
      serviceName: service.name,
      serviceConnection: { config: { type: service.type, ...service.connection } },
      sourceConfig: { config: { type: 'DatabaseMetadata', ...pipeline.sourceConfig } },
    },
    sink: { type: 'metadata-rest', config: {} },
    workflowConfig: { loggerLevel: pipeline.loggerLevel },
    ...(pipeline.name === '' ? {} : { ingestionPipelineFQN: `${service.name}.${pipeline.name}` }),
    pipelineRunId: runId,
  };
}
