import { stringify } from 'yaml';
import { openPolicy, requirePolicy } from '../../policy/open-policy.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner } from '../ownership.ts';

/** The rules as this program understands them. */
export async function show(invocation: Invocation): Promise<void> {
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  const rules = (await openPolicy(config.policyFile)).describe();
  invocation.terminal.result(rules, stringify(rules).trimEnd());
  if (rules['present'] === false)
    invocation.terminal.notice(
      `There is no policy file at ${config.policyFile}, so nothing is permitted.`,
    );
}

/** Throws what `requirePolicy` throws for a file that is missing, that the service's user cannot read, or that is not sound. */
export async function check(invocation: Invocation): Promise<void> {
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  await requirePolicy(config.policyFile, config.secrets.files.directory);
  invocation.terminal.result(
    { policyFile: config.policyFile, present: true, sound: true },
    `${config.policyFile} is sound`,
  );
}
