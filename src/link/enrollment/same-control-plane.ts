import { parseControlPlaneUrl } from '../../channel/control-plane-url.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Identity } from './identity.ts';

/**
 * Throws NOT_ENROLLED when the configured URL differs from that of the enrollment. A changed
 * setting must not silently redirect the proof of identity.
 */
export function assertSameControlPlane(
  configuredUrl: string | undefined,
  { controlPlaneUrl }: Identity,
): void {
  if (configuredUrl === undefined || authority(configuredUrl) === authority(controlPlaneUrl))
    return;
  throw new RunnerError(
    'NOT_ENROLLED',
    `enrolled with ${controlPlaneUrl}, but controlPlane.url is ${configuredUrl}`,
    { remedy: 'Correct the setting, or run enroll --replace with the new control plane.' },
  );
}

function authority(url: string): string {
  return parseControlPlaneUrl(url).authority;
}
