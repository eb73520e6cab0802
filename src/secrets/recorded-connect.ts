import type { AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import type { Connect } from '../../foundation/src/network/connect.ts';
import { formatEndpoint } from '../../foundation/src/network/endpoint.ts';

/**
 * For providers of secrets: each connection is in the audit trail before it is opened. Throws
 * AUDIT_UNWRITABLE, and the errors of `connect`.
 */
export function recordedConnect(connect: Connect, trail: AuditTrail): Connect {
  return async (endpoint, options) => {
    const facts = { decision: 'allow', purpose: 'secretManager', target: formatEndpoint(endpoint) };
    await trail.record({ event: 'connect', ...facts }, options.signal);
    return connect(endpoint, options);
  };
}
