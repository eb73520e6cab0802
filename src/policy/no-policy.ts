import { deny } from './decision.ts';
import { NOTHING_PERMITTED } from './limits.ts';
import type { Policy } from './policy.ts';
import { NO_SIGNING } from './signatures/signing-rules.ts';

/** The policy without a policy file: everything is denied. */
export function noPolicy(file: string): Policy {
  const denied = deny(
    'no policy file',
    'there is no policy file; docs/policy.md shows how to write one',
  );
  return {
    present: false,
    fingerprint: '',
    checkJob: () => denied,
    signing: NO_SIGNING,
    secretPermitted: () => denied,
    plainTextPermitted: () => denied,
    filePermitted: () => denied,
    filesDirectory: undefined,
    hostPermitted: () => denied,
    organizationPermitted: () => denied,
    runLimits: () => [],
    authorityPermitted: () => denied,
    namesHost: () => false,
    addressPermitted: () => denied,
    limitsFor: () => NOTHING_PERMITTED,
    lineOf: () => undefined,
    outline: { secrets: [], hosts: [] },
    toDocument: () => ({ file, present: false }),
  };
}
