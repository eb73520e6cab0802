import type { AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import type { Endpoint } from '../../foundation/src/network/endpoint.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { JobFacts, Policy, SecretUse } from './policy.ts';

export interface OrganizationCheckOptions extends JobFacts {
  readonly policy: Pick<Policy, 'organizationPermitted'>;
  /** Where the job signs in. */
  readonly endpoints: readonly Endpoint[];
  readonly uses: readonly SecretUse[];
  /** Has every sign-in before the next call. */
  readonly trail: AuditTrail;
  /** The local log. Its lines are not for the control plane. */
  readonly audit: Logger;
}

/**
 * Whether a job may continue in the organization that a sign-in led to, for every
 * spelling of its id. Throws ORGANIZATION_DENIED.
 */
export function createOrganizationCheck({
  policy,
  endpoints,
  uses,
  trail,
  audit,
  ...job
}: OrganizationCheckOptions): (organization: readonly string[]) => Promise<void> {
  return async (spellings) => {
    const organization = spellings.length === 0 ? [''] : spellings;
    const account = { ...job.account, organization };
    const decision = policy.organizationPermitted(endpoints, { ...job, account, uses });
    const { connector, kind } = job;
    const user = job.account?.user;
    await trail.record({
      event: 'signIn',
      decision: decision.allowed ? 'allow' : 'deny',
      connector,
      kind,
      user,
      organization: organization[0],
      rule: decision.rule,
    });
    if (decision.allowed) return;
    audit.log('warn', 'organization denied', {
      event: 'audit',
      decision: 'deny',
      connector: job.connector,
      organization: organization[0],
      rule: decision.rule,
      reason: decision.reason,
    });
    throw new RunnerError(
      'ORGANIZATION_DENIED',
      'the local policy does not permit the secrets of this job in the organization that it signed in to',
    );
  };
}
