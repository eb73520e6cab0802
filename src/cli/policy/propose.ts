import { stringify } from 'yaml';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { withRules } from '../../policy/proposals/amend.ts';
import type { Proposal } from '../../policy/proposals/proposals.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner } from '../ownership.ts';
import { counted } from '../terminal.ts';
import { readDenied } from './denied.ts';
import { lineDiff } from './line-diff.ts';

/** Shows rules that would permit what was denied, as changes of the policy file. Makes none. */
export async function propose(invocation: Invocation): Promise<void> {
  const { terminal } = invocation;
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  const { text, proposals } = await readDenied(config);
  const { policyFile } = config;
  const shown = proposals.map((proposal) => ({
    ...proposal,
    diff: diffOf(text, proposal.rule),
  }));
  terminal.document(
    { policyFile, proposals: shown },
    shown.length === 0
      ? 'Nothing was denied in the last 30 days that a rule could permit.'
      : shown.map((proposal) => describe(proposal, policyFile)).join('\n\n'),
  );
  if (shown.length > 0)
    terminal.notice(
      'The control plane has chosen all of it. Approve what you would have written yourself, and nothing else.',
    );
}

/** Where the file cannot be extended, the rule to add by hand. */
function diffOf(text: string, rule: Proposal['rule']): string {
  try {
    return lineDiff(text, withRules(text, [rule]));
  } catch (thrown) {
    const { message, remedy } = RunnerError.from(thrown);
    return `${message}. ${remedy}\n${stringify([rule]).trimEnd()}`;
  }
}

function describe(
  { id, rule, unbound, denials, last, diff }: Proposal & { readonly diff: string },
  policyFile: string,
): string {
  return [
    `${id}: secret:${rule.ref} for ${rule.hosts.join(', ')}, denied ${counted(denials, 'times')}, last ${last}`,
    ...(unbound.includes('users')
      ? ['binds no user, because the job named none: with this secret, jobs may name any user']
      : []),
    `approve with: hybrid-runner policy approve ${id}`,
    `--- ${policyFile}`,
    diff,
  ].join('\n');
}
