import type { Job } from '../../foundation/src/domain/job.ts';
import { tryParseJson } from '../../foundation/src/domain/json.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { denial } from './decision.ts';
import { openPolicy, openPolicyForOffer } from './open-policy.ts';
import type { PolicySource } from './parse-policy.ts';
import { verifyJob } from './signatures/verify.ts';

/**
 * Resolves with the reason to reject a job, or with undefined when the policy permits it. Never
 * rejects.
 */
export type OfferCheck = (
  job: Pick<Job, 'kind' | 'workflow' | 'signature'>,
) => Promise<RunnerError | undefined>;

export interface OfferCheckOptions {
  readonly policy: PolicySource;
  /** Of the runner's identity. */
  readonly fingerprint: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly audit: Logger;
}

/**
 * Reads the policy file for each offer, so that an edit applies to the next one. The worker checks
 * signatures again: this process talks to the control plane.
 */
export function createOfferCheck({
  policy: source,
  fingerprint,
  clock,
  audit,
}: OfferCheckOptions): OfferCheck {
  return async ({ kind, workflow, signature }) => {
    try {
      const policy = await openPolicyForOffer(source, audit);
      const decision = policy.checkJob({ kind });
      if (!decision.allowed) return denial('POLICY_DENIED', 'the job is not permitted', decision);
      const { signing: rules } = policy;
      if (rules.mode === 'required')
        verifyJob(
          { kind, signature, document: parse(workflow) },
          { rules, fingerprint, now: clock.now() },
        );
      return undefined;
    } catch (thrown) {
      return RunnerError.from(thrown);
    }
  };
}

function parse(workflow: string): unknown {
  const parsed = tryParseJson(workflow);
  // Without the parser's error: it quotes the document, which can contain a password.
  if (parsed === undefined) throw new RunnerError('JOB_INVALID', 'the workflow is not valid JSON');
  return parsed.value;
}

/** For the start of a runner. Throws what `openPolicy` throws; warns when the file is missing. */
export async function checkPolicyAtStart(policy: PolicySource, logger: Logger): Promise<void> {
  const { present } = await openPolicy(policy);
  if (!present)
    logger.log('warn', 'no policy file; every job will be rejected', { policyFile: policy.file });
}
