import { isIPv4 } from 'node:net';
import type { NetworkSettings } from './connect.ts';
import { formatEndpoint, parseEndpoint, type Endpoint } from './endpoint.ts';
import { bypassesProxy, type Proxy } from './proxy.ts';

/** Where a connection goes and how, decided before anything is opened. */
export interface Route {
  /** The endpoint that the caller requested; its host is the name in TLS and in the certificate. */
  readonly requested: Endpoint;
  /** The endpoint to connect to, directly or through the proxy. */
  readonly target: Endpoint;
  /** Whether the target comes from the local connectTo setting, not from a name in a job. */
  readonly rewritten: boolean;
  readonly proxy: Proxy | undefined;
}

/** Such as a metadata service: a proxy would ask that of its own machine. */
function isLinkLocal(host: string): boolean {
  return host.startsWith('169.254.') && isIPv4(host);
}

/** Applies connectTo and the list of hosts without proxy. `proxy` is the proxy of the settings. */
export function planRoute(
  endpoint: Endpoint,
  settings: Pick<NetworkSettings, 'connectTo' | 'noProxy'>,
  proxy: Proxy | undefined,
): Route {
  const requested = parseEndpoint(formatEndpoint(endpoint));
  const rule = settings.connectTo.find(
    ({ from }) => from.host === requested.host && from.port === requested.port,
  );
  const target = rule?.to ?? requested;
  const direct =
    isLinkLocal(target.host) ||
    bypassesProxy(settings.noProxy, requested) ||
    bypassesProxy(settings.noProxy, target);
  return { requested, target, rewritten: rule !== undefined, proxy: direct ? undefined : proxy };
}
