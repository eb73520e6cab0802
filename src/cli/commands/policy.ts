import { stringify } from 'yaml';
import { openPolicy, requirePolicy } from '../../policy/open-policy.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner } from '../ownership.ts';
import { policySource } from '../policy-source.ts';
import { secretDirectories } from '../../secrets/providers/registry.ts';

/** Shows the compiled rules. */
export async function show(invocation: Invocation): Promise<void> {
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  const policy = await openPolicy(policySource(config));
  const rules = policy.toDocument();
  invocation.terminal.document(rules, stringify(rules).trimEnd());
  if (!policy.present)
    invocation.terminal.notice(`No policy file at ${config.policyFile}; nothing is permitted.`);
}

/**
 * Validates the policy file. Throws the errors of `requirePolicy` for a file that is missing,
 * invalid, or not readable by the service's user.
 */
export async function check(invocation: Invocation): Promise<void> {
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  await requirePolicy(policySource(config), secretDirectories(config.secrets));
  invocation.terminal.result(
    { policyFile: config.policyFile, present: true, sound: true },
    `${config.policyFile} is valid`,
  );
}
