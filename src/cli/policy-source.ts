import type { RunnerConfig } from '../config/runner-config.ts';
import { CONNECTOR_TYPES } from '../connectors/registry.ts';
import type { PolicySource } from '../policy/parse-policy.ts';

/** The policy file of the configuration. */
export function policySource({ policyFile }: Pick<RunnerConfig, 'policyFile'>): PolicySource {
  return { file: policyFile, connectors: CONNECTOR_TYPES };
}
