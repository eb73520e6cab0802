import { stringify } from 'yaml';
import { openPolicy, requirePolicy } from '../../policy/open-policy.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner } from '../ownership.ts';
import { policySource } from '../policy-source.ts';

/** The rules as this program understands them. */
export async function show(invocation: Invocation): Promise<void> {
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  const policy = await openPolicy(policySource(config));
  const rules = policy.toDocument();
  invocation.terminal.result(rules, stringify(rules).trimEnd());
  if (!policy.present)
    invocation.terminal.notice(
      `There is no policy file at ${config.policyFile}, so nothing is permitted.`,
    );
}

/** Throws what `requirePolicy` throws for a file that is missing, that the service's user cannot read, or that is not sound. */
export async function check(invocation: Invocation): Promise<void> {
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  await requirePolicy(policySource(config), config.secrets.files.directory);
  invocation.terminal.result(
    { policyFile: config.policyFile, present: true, sound: true },
    `${config.policyFile} is sound`,
  );
}
