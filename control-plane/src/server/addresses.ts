import { isIPv6 } from 'node:net';

/** Host name and addresses of this machine. */
export interface Machine {
  readonly hostname: string;
  /** Of its network interfaces, without loopback. */
  readonly addresses: readonly string[];
}

export interface Addresses {
  /** The address that runners and browsers should use. */
  readonly advertised: string;
  /**
   * Every name and address of this control plane: covered by the certificate and accepted from
   * runners.
   */
  readonly names: readonly string[];
}

const LOOPBACK = ['localhost', '127.0.0.1', '::1'];
const ALL_INTERFACES: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

/**
 * Derives addresses from the listen address. An address for all interfaces is replaced by those of
 * the machine.
 */
export function addressesOf(host: string, { hostname, addresses }: Machine): Addresses {
  const bare = host.replace(/^\[(?<address>.*)\]$/, '$<address>');
  if (ALL_INTERFACES.has(bare))
    return { advertised: hostname, names: [...new Set([hostname, ...addresses, ...LOOPBACK])] };
  return { advertised: bare, names: [...new Set([bare, ...LOOPBACK])] };
}

/** `host:port`, with brackets around an IPv6 address. */
export function authority(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
