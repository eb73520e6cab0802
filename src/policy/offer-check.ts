import type { Job } from '../../foundation/src/domain/job.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { denial } from './decision.ts';
import { openPolicy, openPolicyForJob } from './open-policy.ts';
import type { PolicySource } from './parse-policy.ts';

/**
 * Resolves with the reason to reject a job, or with undefined when the policy permits it. Never
 * rejects.
 */
export type OfferCheck = (job: Pick<Job, 'kind'>) => Promise<RunnerError | undefined>;

/** Reads the policy file for each offer, so that an edit applies to the next one. */
export function createOfferCheck(policy: PolicySource, audit: Logger): OfferCheck {
  return async (job) => {
    try {
      const decision = (await openPolicyForJob(policy, audit)).checkJob(job);
      if (decision.allowed) return undefined;
      return denial('POLICY_DENIED', 'the job is not permitted', decision);
    } catch (thrown) {
      return RunnerError.from(thrown);
    }
  };
}

/** For the start of a runner. Throws what `openPolicy` throws; warns when the file is missing. */
export async function checkPolicyAtStart(policy: PolicySource, logger: Logger): Promise<void> {
  const { present } = await openPolicy(policy);
  if (!present)
    logger.log('warn', 'no policy file; every job will be rejected', { policyFile: policy.file });
}
