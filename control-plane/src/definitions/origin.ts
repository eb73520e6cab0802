import { ControlPlaneError } from '../runtime/errors.ts';
import type { Origin } from '../store/openmetadata.ts';

/** Throws CONFLICT for a definition that OpenMetadata manages. */
export function checkOwn(what: string, definition: { readonly origin: Origin | null }): void {
  const { origin } = definition;
  if (origin === null) return;
  throw new ControlPlaneError(
    'CONFLICT',
    `${what} is managed by OpenMetadata endpoint ${origin.endpoint}`,
    { remedy: 'Use OpenMetadata to run it and to change it; the change arrives here by itself.' },
  );
}
