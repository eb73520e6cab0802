import type { Job } from '../domain/job.ts';
import type { Logger } from '../observability/logger.ts';
import { RunnerError } from '../runtime/errors.ts';
import { openPolicy, openPolicyForJob } from './open-policy.ts';
import { denial } from './policy.ts';

/** Resolves with the reason to reject a job, or with undefined when the policy permits it. Never rejects. */
export type OfferCheck = (job: Pick<Job, 'kind'>) => Promise<RunnerError | undefined>;

/** Reads the policy file for each offer, so that an edit applies to the next one. */
export function createOfferCheck(policyFile: string, audit: Logger): OfferCheck {
  return async (job) => {
    try {
      const decision = (await openPolicyForJob(policyFile, audit)).checkJob(job);
      if (decision.allowed) return undefined;
      return denial('POLICY_DENIED', 'the job is not permitted', decision);
    } catch (thrown) {
      return RunnerError.from(thrown);
    }
  };
}

/** For the start of a runner. Throws what `openPolicy` throws; warns when the file is missing. */
export async function checkPolicyAtStart(policyFile: string, logger: Logger): Promise<void> {
  const policy = await openPolicy(policyFile);
  if (policy.describe()['present'] === false)
    logger.log('warn', 'no policy file; every job will be rejected', { policyFile });
}
