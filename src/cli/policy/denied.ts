import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { readEvents } from '../../audit/read-events.ts';
import { auditDirectory } from '../../audit/trail.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { requirePolicyWithText } from '../../policy/open-policy.ts';
import { type Proposal, proposalsFrom } from '../../policy/proposals/proposals.ts';
import { secretDirectories } from '../../secrets/providers/registry.ts';
import { policySource } from '../policy-source.ts';

const PERIOD_MS = 30 * 86_400_000;

export interface PolicyText {
  readonly text: string;
  /** What the last 30 days of the audit trail have that this text still denies. */
  readonly proposals: readonly Proposal[];
}

/** Throws the errors of `requirePolicy`. */
export async function readDenied(config: RunnerConfig): Promise<PolicyText> {
  const { stateDir } = config;
  const directories = secretDirectories(config.secrets);
  const { policy, text } = await requirePolicyWithText(policySource(config), directories);
  const now = systemClock.now();
  const wanted = { since: now - PERIOD_MS, event: 'secret', decision: 'deny' } as const;
  const events = await readEvents(nodeDisk, auditDirectory(stateDir), wanted);
  return { text, proposals: proposalsFrom(events, policy) };
}
