import { ControlPlaneError } from '../runtime/errors.ts';
import type { Pipeline, Service, StoreReader } from '../store/store.ts';

type DefinitionReader = Pick<StoreReader, 'definitions'>;

/** Throws NOT_FOUND. */
export async function existingService(reader: DefinitionReader, name: string): Promise<Service> {
  const service = await reader.definitions.service(name);
  if (service === undefined)
    throw new ControlPlaneError('NOT_FOUND', `service ${name} does not exist`);
  return service;
}

/** Throws NOT_FOUND. */
export async function existingPipeline(reader: DefinitionReader, name: string): Promise<Pipeline> {
  const pipeline = await reader.definitions.pipeline(name);
  if (pipeline === undefined)
    throw new ControlPlaneError('NOT_FOUND', `pipeline ${name} does not exist`);
  return pipeline;
}
