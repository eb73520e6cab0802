import { parseControlPlaneUrl } from '../../channel/control-plane-url.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Identity } from './identity.ts';

/**
 * Throws NOT_ENROLLED when the configured url names another control plane than the one that the runner enrolled with: a
 * changed setting must not send the proof of identity elsewhere unnoticed.
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
    { remedy: 'Correct the setting, or enroll with the new control plane with --replace.' },
  );
}

function authority(url: string): string {
  return parseControlPlaneUrl(url).authority;
}
