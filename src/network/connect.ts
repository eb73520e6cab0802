import type { Duplex } from 'node:stream';
import type { Endpoint } from './endpoint.ts';

/** Where bytes for an endpoint really go, in place of name resolution: split-horizon DNS, PrivateLink, a sandbox. */
export interface ConnectToRule {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** Local network facts; never taken from a job. */
export interface NetworkSettings {
  readonly connectTo: readonly ConnectToRule[];
  /** `http://user:password@proxy:3128`; the credentials are secret. */
  readonly proxy: string | undefined;
  /** Hosts, `.suffixes`, CIDR blocks or `*`, reached without the proxy. */
  readonly noProxy: readonly string[];
  /** PEM of CAs trusted, for a TLS proxy beside the public ones. */
  readonly extraCa: readonly string[];
  /** Whether certificates of endpoints may also be signed by a public CA or one of the operating system's. */
  readonly publicCas: boolean;
}

export interface ConnectOptions {
  readonly signal: AbortSignal;
  /** For name resolution, TCP, CONNECT and TLS together, in milliseconds. */
  readonly timeoutMs: number;
  /** Called with the IP address a direct connection is about to be made to; throws to forbid it. Not called behind a proxy. */
  readonly checkAddress?: (address: string) => void;
  /** Absent for plain TCP. The server name and the certificate check always follow the endpoint asked for, not connectTo. */
  readonly tls?: {
    readonly cert?: string;
    readonly key?: string;
    readonly ca?: readonly string[];
    readonly alpn?: readonly string[];
  };
}

/**
 * Opens a connection to an endpoint: connectTo, proxy (CONNECT) and TLS as the settings say. Certificates are always
 * verified, TLS 1.2 or newer. Throws RunnerError NETWORK_UNREACHABLE, NETWORK_TIMEOUT, NETWORK_RESET, PROXY_REFUSED,
 * TLS_UNTRUSTED, INPUT_INVALID (a host or certificate that is none), what checkAddress throws, or the signal's reason.
 * The caller owns the connection and its errors from then on.
 */
export type Connect = (endpoint: Endpoint, options: ConnectOptions) => Promise<Duplex>;
