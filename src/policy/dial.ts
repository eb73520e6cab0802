import { isIP } from 'node:net';
import type { Connect } from '../network/connect.ts';
import { formatEndpoint, parseEndpoint, type Endpoint } from '../network/endpoint.ts';
import type { Logger } from '../observability/logger.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { Decision, Policy, SecretUse } from './policy.ts';

// What must never break: no byte, and no name look-up, for a source host that the policy does not allow to this job.
// A connector has no other way to the network than the function made here.

export interface DialOptions {
  readonly policy: Policy;
  readonly connect: Connect;
  readonly connector: string;
  /** Every secret the job uses: a host must be bound to all of them. */
  readonly uses: readonly SecretUse[];
  /** The local log. What it is told is not for the control plane. */
  readonly audit: Logger;
}

/**
 * The one way from a connector to a source. Throws HOST_DENIED and ADDRESS_DENIED before a byte is written, and what
 * `Connect` throws. Addresses that the local connectTo setting names are not checked; names resolved by a proxy
 * cannot be. Plain TCP is refused: a source is always spoken to over TLS.
 */
export function createDial({ policy, connect, connector, uses, audit }: DialOptions): Connect {
  const refuse = (
    code: 'HOST_DENIED' | 'ADDRESS_DENIED',
    what: string,
    rule: string,
    reason: string,
  ): RunnerError => {
    audit.log('warn', 'a connection to a source was denied', {
      event: 'audit',
      decision: 'deny',
      connector,
      what,
      rule,
      reason,
    });
    return new RunnerError(code, `the local policy does not allow ${what}`);
  };
  const checkAddress = (host: string, address: string): void => {
    const decision = policy.addressPermitted(address);
    if (!decision.allowed)
      throw refuse(
        'ADDRESS_DENIED',
        `the address that ${host} leads to`,
        decision.rule,
        `${address}: ${decision.reason}`,
      );
  };
  return async (given, options) => {
    const endpoint = canonical(given);
    if (endpoint === undefined)
      throw refuse('HOST_DENIED', 'a host name of that form', 'built in', 'it is not a host name');
    const where = formatEndpoint(endpoint);
    if (options.tls === undefined)
      throw refuse(
        'HOST_DENIED',
        `${where} without TLS`,
        'built in',
        'sources are spoken to over TLS only',
      );
    const decision: Decision = policy.hostPermitted(endpoint, { connector, uses });
    if (!decision.allowed) throw refuse('HOST_DENIED', where, decision.rule, decision.reason);
    if (isIP(endpoint.host) !== 0) checkAddress(endpoint.host, endpoint.host);
    return connect(endpoint, {
      ...options,
      checkAddress: (address) => {
        checkAddress(endpoint.host, address);
        options.checkAddress?.(address);
      },
    });
  };
}

function canonical(endpoint: Endpoint): Endpoint | undefined {
  try {
    return parseEndpoint(formatEndpoint(endpoint));
  } catch {
    return undefined;
  }
}
