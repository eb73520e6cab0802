import { isIPv6 } from 'node:net';

/** What the machine says of itself. */
export interface Machine {
  readonly hostname: string;
  /** Of its network interfaces, loopback left out. */
  readonly addresses: readonly string[];
}

export interface Addresses {
  /** What runners and people are told to connect to. */
  readonly advertised: string;
  /** Every name and address that leads here: the certificate is for them, and runners may dial them. */
  readonly names: readonly string[];
}

const LOOPBACK = ['localhost', '127.0.0.1', '::1'];
const EVERY_INTERFACE: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

/** From the address that is listened on. One that stands for every interface is no address to connect to, so the machine's own stand in for it. */
export function addressesOf(host: string, { hostname, addresses }: Machine): Addresses {
  const bare = host.replace(/^\[(?<address>.*)\]$/, '$<address>');
  if (EVERY_INTERFACE.has(bare))
    return { advertised: hostname, names: [...new Set([hostname, ...addresses, ...LOOPBACK])] };
  return { advertised: bare, names: [...new Set([bare, ...LOOPBACK])] };
}

/** `host:port`, with brackets around IPv6 addresses. */
export function authority(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
