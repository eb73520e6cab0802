import { entry } from './entry.ts';

export const config = {
  CONFIG_INVALID: entry(
    'user',
    'The configuration is invalid; the message lists all problems.',
    'Correct each problem, then run `hybrid-runner config show`.',
  ),
  POLICY_INVALID: entry(
    'user',
    'The policy file is invalid; every job is rejected until it is corrected.',
    'Correct each problem listed in the message, then run `hybrid-runner policy check`.',
  ),
  POLICY_MISSING: entry(
    'user',
    'The policy file does not exist; every job is rejected.',
    'Create a policy file as described in docs/policy.md.',
  ),
  NOT_ENROLLED: entry(
    'user',
    'This runner is not enrolled.',
    'Run `hybrid-runner enroll --url … --token-file …`.',
  ),
  ALREADY_ENROLLED: entry(
    'user',
    'This runner is already enrolled.',
    'Use another state directory, or replace the identity with --replace.',
  ),
} as const;
