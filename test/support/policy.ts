import { parsePolicy } from '../../src/policy/parse-policy.ts';
import type { Policy } from '../../src/policy/policy.ts';

/** The policy of this text, in which the connectors can have limits. */
export function policyOf(text: string, connectors: readonly string[] = ['Salesforce']): Policy {
  return parsePolicy(text, { file: 'policy.yaml', connectors });
}
