import { noAuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import type { Connect } from '../../foundation/src/network/connect.ts';
import { createDial, type DialOptions } from '../../src/policy/dial.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import type { Policy } from '../../src/policy/policy.ts';

/** The policy of this text, in which the connectors can have limits. */
export function policyOf(text: string, connectors: readonly string[] = ['Salesforce']): Policy {
  return parsePolicy(text, { file: 'policy.yaml', connectors });
}

/** A dial function without an audit trail. */
export function unrecordedDial(options: Omit<DialOptions, 'trail'>): Connect {
  return createDial({ ...options, trail: noAuditTrail });
}
