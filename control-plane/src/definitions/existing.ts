import { ControlPlaneError } from '../runtime/errors.ts';
import type { Pipeline, Service, StoreReader } from '../store/store.ts';

type CatalogReader = Pick<StoreReader, 'catalog'>;

/** Throws NOT_FOUND. */
export async function existingService(reader: CatalogReader, name: string): Promise<Service> {
  const service = await reader.catalog.service(name);
  if (service === undefined)
    throw new ControlPlaneError('NOT_FOUND', `service ${name} does not exist`);
  return service;
}

/** Throws NOT_FOUND. */
export async function existingPipeline(reader: CatalogReader, name: string): Promise<Pipeline> {
  const pipeline = await reader.catalog.pipeline(name);
  if (pipeline === undefined)
    throw new ControlPlaneError('NOT_FOUND', `pipeline ${name} does not exist`);
  return pipeline;
}
