import type { Duplex } from 'node:stream';
import type { RunnerError } from '../runtime/errors.ts';
import type { Endpoint } from './endpoint.ts';

/** Connects to `to` instead of resolving `from`: for split-horizon DNS, PrivateLink, a sandbox. */
export interface ConnectToRule {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** Network settings of this machine; never taken from a job. */
export interface NetworkSettings {
  readonly connectTo: readonly ConnectToRule[];
  /** `http://user:password@proxy:3128`. User name and password are secret. */
  readonly proxy: string | undefined;
  /** Hosts, `.suffixes`, CIDR blocks or `*` that are reached without the proxy. */
  readonly noProxy: readonly string[];
  /** PEM of trusted CAs. A TLS proxy may also have a certificate of a public CA. */
  readonly extraCa: readonly string[];
  /** Whether to trust public CAs and those of the operating system for endpoints as well. */
  readonly publicCas: boolean;
}

export interface ConnectOptions {
  readonly signal: AbortSignal;
  /** For name resolution, TCP, CONNECT and TLS together, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * Called with the IP address of a direct connection before it is opened; throws to forbid it. Not
   * called behind a proxy.
   */
  readonly checkAddress?: (address: string) => void;
  /**
   * Absent for plain TCP. Server name and certificate check always use the requested endpoint, not
   * connectTo.
   */
  readonly tls?: {
    readonly cert?: string;
    readonly key?: string;
    readonly ca?: readonly string[];
    readonly alpn?: readonly string[];
    /**
     * The error of a connection that ends without the server's announcement (close_notify). Absent:
     * it ends like one with it, and whoever can close it can make it look complete.
     */
    readonly unannouncedEnd?: () => RunnerError;
  };
}

/**
 * Opens a connection to an endpoint, with connectTo, proxy (CONNECT) and TLS as configured.
 * Certificates are always verified, with TLS 1.2 or later. Throws NETWORK_UNREACHABLE,
 * NETWORK_TIMEOUT, NETWORK_RESET, PROXY_REFUSED, TLS_UNTRUSTED, INPUT_INVALID (invalid host or
 * certificate), what `checkAddress` throws, or the signal's reason. The caller owns the connection
 * and handles its errors from then on.
 */
export type Connect = (endpoint: Endpoint, options: ConnectOptions) => Promise<Duplex>;
