import type { AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import { errorFields } from '../../foundation/src/runtime/error-fields.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import {
  type JobSignature,
  type SignedJob,
  type Verifier,
  verifyJob,
} from '../policy/signatures/verify.ts';

export interface SignatureCheck extends Verifier {
  readonly trail: AuditTrail;
  /** The local log. Its lines are not for the control plane. */
  readonly audit: Logger;
}

/**
 * Lets a job of a control plane continue only if it is signed as the policy requires. Recorded
 * before anything else happens. Throws the codes of signatures.
 */
export async function checkSignature(job: SignedJob, check: SignatureCheck): Promise<void> {
  const { rules, trail, audit } = check;
  if (rules.mode === 'off') return;
  const found = signatureOf(job, check);
  if (!(found instanceof RunnerError)) {
    const { key, keyId, name, endsAt } = found;
    const until = new Date(endsAt).toISOString();
    const facts = { kind: job.kind, key, keyId, name, until };
    return trail.record({ event: 'jobSignature', decision: 'allow', ...facts });
  }
  const { code } = found;
  if (rules.mode === 'required') {
    await trail.record({ event: 'jobSignature', decision: 'deny', code });
    throw found;
  }
  await trail.record({ event: 'jobSignature', decision: 'warn', code });
  audit.log('warn', 'job has no valid signature; it runs because jobs.signatures is warn', {
    event: 'audit',
    ...errorFields(found),
  });
}

function signatureOf(job: SignedJob, verifier: Verifier): JobSignature | RunnerError {
  try {
    return verifyJob(job, verifier);
  } catch (thrown) {
    return RunnerError.from(thrown);
  }
}
