import { stringify } from 'yaml';
import { openPolicy } from '../../policy/open-policy.ts';
import { loadSettings, type Invocation } from '../invocation.ts';

/** The rules as this program understands them. */
export async function show(invocation: Invocation): Promise<void> {
  const { config } = await loadSettings(invocation);
  const rules = (await openPolicy(config.policyFile)).describe();
  invocation.terminal.result(rules, stringify(rules).trimEnd());
  if (rules['present'] === false) invocation.terminal.notice(`There is no policy file at ${config.policyFile}, so nothing is permitted.`);
}

/** Throws what `openPolicy` throws for a file that is not sound; a missing file is sound and denies everything. */
export async function check(invocation: Invocation): Promise<void> {
  const { config } = await loadSettings(invocation);
  const present = (await openPolicy(config.policyFile)).describe()['present'] !== false;
  const text = present ? `${config.policyFile} is sound` : `there is no policy file at ${config.policyFile}, so nothing is permitted`;
  invocation.terminal.result({ policyFile: config.policyFile, present, sound: true }, text);
}
