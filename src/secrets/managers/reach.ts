import { isIP } from 'node:net';
import type { Connect } from '../../../foundation/src/network/connect.ts';
import {
  formatEndpoint,
  normalizeHost,
  type Endpoint,
} from '../../../foundation/src/network/endpoint.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { classifyAddress } from '../../policy/address.ts';
import type { ManagerEndpoint } from './manager-kind.ts';

// Invariant: a manager, or the SDK inside it, reaches no server but those that its options imply,
// which only the local configuration has. A name never leads to a link-local or metadata address:
// such a service is reached only if the options name its address.

/** Opens connections to the given endpoints only. Throws HOST_DENIED and ADDRESS_DENIED. */
export function reachOnly(endpoints: readonly ManagerEndpoint[], connect: Connect): Connect {
  return async (requested, options) => {
    const host = normalizeHost(requested.host);
    const known = endpoints.find(
      (endpoint) => normalizeHost(endpoint.host) === host && endpoint.port === requested.port,
    );
    if (known === undefined) throw denied(requested, 'is no server of its mount in secrets.mounts');
    if (options.tls === undefined && known.plaintext !== true)
      throw denied(requested, 'is reached over TLS only');
    if (isIP(host) !== 0) return connect({ host, port: requested.port }, options);
    const checkAddress = (address: string): void => {
      assertOrdinary(requested, address);
      options.checkAddress?.(address);
    };
    return connect({ host, port: requested.port }, { ...options, checkAddress });
  };
}

function assertOrdinary(endpoint: Endpoint, address: string): void {
  if (classifyAddress(address) !== 'forbidden') return;
  throw new RunnerError(
    'ADDRESS_DENIED',
    `${formatEndpoint(endpoint)} leads to ${address}, a link-local, metadata or reserved address`,
  );
}

function denied(endpoint: Endpoint, reason: string): RunnerError {
  const message = `a secret manager asked for ${formatEndpoint(endpoint)}, which ${reason}`;
  return new RunnerError('HOST_DENIED', message);
}
