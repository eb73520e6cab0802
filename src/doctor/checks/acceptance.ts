import { tryIdentity } from '../../link/connection/identity-trial.ts';
import type { Check } from '../check.ts';
import { errorOf } from '../facts.ts';
import { failed, pass, skip } from '../finding.ts';
import { blockedOf } from './channels.ts';

/** Whether the control plane accepts this runner's identity, without a session. */
export const acceptance: Check = {
  name: 'acceptance',
  title: 'control plane',
  needs: ['configuration', 'identity', 'channels'],
  run: async (facts, signal) => {
    const subject = 'identity';
    const isBlocked = (await blockedOf(facts)) !== undefined;
    const dialer = isBlocked ? undefined : await facts.openDialer();
    if (dialer === undefined) return [skip(subject, 'no channel is open')];
    const { machine, version, platform, timeoutMs } = facts.options;
    const { clock, random } = machine;
    const deps = { clock, random, version, platform, timeoutMs };
    const rejected = await errorOf(tryIdentity(dialer, await facts.identity(), deps, signal));
    return [
      rejected === undefined
        ? pass(subject, `accepted by ${dialer.authority}`)
        : failed(subject, rejected),
    ];
  },
};
