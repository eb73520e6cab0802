import { isIP } from 'node:net';
import type { Connect, ConnectOptions } from '../../foundation/src/network/connect.ts';
import {
  formatEndpoint,
  parseEndpoint,
  type Endpoint,
} from '../../foundation/src/network/endpoint.ts';
import type { AuditEvent, AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { deny, type Denied } from './decision.ts';
import type { JobFacts, Policy, SecretUse } from './policy.ts';

// Invariant: no byte goes to, and no name is resolved for, a source host that the policy does not
// allow for this job. A connector reaches the network only through the function made here.

export interface DialOptions extends JobFacts {
  readonly policy: Policy;
  readonly connect: Connect;
  /** Every secret the job uses: a host must be bound to all of them. */
  readonly uses: readonly SecretUse[];
  /** Has every connection and every denial before it has an effect. */
  readonly trail: AuditTrail;
  /** The local log. Its lines are not for the control plane. */
  readonly audit: Logger;
}

/**
 * The only way from a connector to a source. Throws HOST_DENIED and ADDRESS_DENIED before a byte is
 * written, and the errors of `Connect`. Connections without TLS are denied. Addresses set by the
 * local connectTo setting are not checked, and addresses of names that a proxy resolves cannot be.
 */
export function createDial(dialOptions: DialOptions): Connect {
  const options = { ...dialOptions, denials: new DenialRecords(dialOptions.trail) };
  return async (requested, connectOptions) => {
    const endpoint = permittedEndpoint(requested, connectOptions, options);
    const { connector, trail } = options;
    const target = formatEndpoint(endpoint);
    const checkAddress = (address: string): void => assertAddress(endpoint, address, options);
    if (isIP(endpoint.host) !== 0) checkAddress(endpoint.host);
    const event = { event: 'connect', decision: 'allow', connector, target };
    await trail.record(event, connectOptions.signal);
    return options.connect(endpoint, {
      ...connectOptions,
      checkAddress: (address) => {
        checkAddress(address);
        connectOptions.checkAddress?.(address);
      },
    });
  };
}

/** A job that tries many hosts could fill the disk with denials. */
const MAX_RECORDED_DENIALS = 60;

const NOT_A_HOST = deny('built in', 'not a host name');
const NO_TLS = deny('built in', 'sources are reached over TLS only');

type Options = DialOptions & { readonly denials: DenialRecords };

/** The endpoint in canonical form. Throws HOST_DENIED. */
function permittedEndpoint(
  requested: Endpoint,
  { tls }: ConnectOptions,
  options: Options,
): Endpoint {
  const { policy, connector, kind, account, uses } = options;
  const endpoint = canonical(requested);
  if (endpoint === undefined) throw hostDenied('an invalid host name', NOT_A_HOST, options);
  const name = formatEndpoint(endpoint);
  if (tls === undefined) throw hostDenied(`${name} without TLS`, NO_TLS, options);
  const decision = policy.hostPermitted(endpoint, { connector, kind, account, uses });
  if (!decision.allowed) throw hostDenied(name, decision, options);
  return endpoint;
}

function canonical(endpoint: Endpoint): Endpoint | undefined {
  try {
    return parseEndpoint(formatEndpoint(endpoint));
  } catch {
    return undefined;
  }
}

function assertAddress({ host }: Endpoint, address: string, options: Options): void {
  const decision = options.policy.addressPermitted(address);
  if (decision.allowed) return;
  const target = `the address of ${host}`;
  logDenial(target, { ...decision, reason: `${address}: ${decision.reason}` }, options);
  throw new RunnerError(
    'ADDRESS_DENIED',
    `the local policy does not allow connections to ${target}`,
  );
}

function hostDenied(target: string, denied: Denied, options: Options): RunnerError {
  logDenial(target, denied, options);
  return new RunnerError('HOST_DENIED', `the local policy does not allow connections to ${target}`);
}

/** Rule and reason are for the local log and the audit trail only. */
function logDenial(
  target: string,
  { rule, reason }: Denied,
  { connector, denials, audit }: Options,
): void {
  const facts = { decision: 'deny', connector, target, rule, reason };
  denials.record({ event: 'connect', ...facts });
  audit.log('warn', 'connection denied', { event: 'audit', ...facts });
}

/** The denials of one job in the audit trail, up to a limit; the log has all of them. */
class DenialRecords {
  readonly #trail: AuditTrail;
  #count = 0;

  constructor(trail: AuditTrail) {
    this.#trail = trail;
  }

  /** Not awaited: without the trail, the denial stands. */
  record(event: AuditEvent): void {
    this.#count += 1;
    if (this.#count > MAX_RECORDED_DENIALS) return;
    const isLast = this.#count === MAX_RECORDED_DENIALS;
    const recorded = isLast ? { ...event, furtherOmitted: true } : event;
    void this.#trail.record(recorded).catch(() => undefined);
  }
}
