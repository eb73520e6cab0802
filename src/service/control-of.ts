import type { ServiceHost } from './host.ts';
import { launchdControl } from './launchd-control.ts';
import type { ServiceControl } from './service-control.ts';
import { systemdControl } from './systemd-control.ts';

/** The service manager of this machine; elsewhere than on macOS, systemd. */
export function controlOf(host: ServiceHost): ServiceControl {
  return host.platform === 'darwin' ? launchdControl(host) : systemdControl(host);
}
