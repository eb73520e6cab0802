import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { untilAborted } from '../runtime/abort.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { Endpoint } from './endpoint.ts';
import { settle } from './settle.ts';

/** Every address of a host name, in order of preference. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const KEEP_ALIVE_MS = 30_000;
/** How long one of several addresses may take before the next is tried. */
const NEXT_ADDRESS_MS = 2_500;

export interface DialOptions {
  readonly resolve: Resolve;
  /** Called with every address; throws to forbid it. */
  readonly checkAddress: ((address: string) => void) | undefined;
  /** Called as name resolution and TCP connection begin. */
  readonly onPhase: (phase: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Opens a TCP connection. A name is resolved once, every address is checked, and only those
 * addresses are connected to.
 */
export async function dial(
  endpoint: Endpoint,
  { resolve, checkAddress, onPhase, signal }: DialOptions,
): Promise<Socket> {
  onPhase('resolving the name');
  const addresses = await addressesOf(endpoint.host, resolve, signal);
  for (const address of addresses) checkAddress?.(address);
  onPhase('connecting');
  const socket = connectTcp({
    host: endpoint.host,
    port: endpoint.port,
    lookup: fixedLookup(addresses),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    autoSelectFamily: addresses.length > 1,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
  });
  try {
    return await settle<Socket>(socket, signal, (ready, _reject, listen) =>
      listen('connect', () => ready(socket)),
    );
  } catch (thrown) {
    socket.on('error', () => undefined).destroy();
    throw thrown;
  }
}

async function addressesOf(
  host: string,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const addresses = await untilAborted(resolve(host), signal);
  if (addresses.length === 0)
    throw new RunnerError('NETWORK_UNREACHABLE', `${host} has no address`);
  return addresses;
}

/**
 * A lookup that returns the checked addresses only, so that a second answer of the resolver cannot
 * matter.
 */
function fixedLookup(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    if (options.all === true) callback(null, all);
    else callback(null, all[0]!.address, all[0]!.family);
  };
}
