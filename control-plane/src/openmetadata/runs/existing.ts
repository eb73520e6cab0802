import { ControlPlaneError } from '../../runtime/errors.ts';
import type { StoreReader } from '../../store/store.ts';
import type { Endpoint } from '../deployed-pipelines.ts';

/** Throws NOT_FOUND. */
export async function existingEndpoint(
  { endpoints }: Pick<StoreReader, 'endpoints'>,
  name: string,
): Promise<Endpoint> {
  const endpoint = await endpoints.get(name);
  if (endpoint === undefined)
    throw new ControlPlaneError('NOT_FOUND', `OpenMetadata endpoint ${name} does not exist`);
  return endpoint;
}
