import type { Offer } from '../../channel/frames.ts';
import type { AttemptRef } from '../../../foundation/src/domain/ids.ts';
import { isJobKind, type Job } from '../../../foundation/src/domain/job.ts';
import { isTraceparent } from '../../../foundation/src/domain/traceparent.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

const WORKFLOW_MAX_BYTES = 512 * 1024;

/** The job of an offer. Throws JOB_KIND_UNSUPPORTED, JOB_INVALID. */
export function toJob(
  ref: AttemptRef,
  { kind, workflow, deadlineMs, catalogRevision, traceparent, signature }: Offer,
  jobDeadlineMs: number,
): Job {
  if (!isJobKind(kind))
    throw new RunnerError(
      'JOB_KIND_UNSUPPORTED',
      'this runner does not support the kind of the offered job',
    );
  if (workflow.length > WORKFLOW_MAX_BYTES)
    throw new RunnerError('JOB_INVALID', `the workflow exceeds ${WORKFLOW_MAX_BYTES} bytes`);
  return {
    ref,
    kind,
    workflow: decodeUtf8(workflow),
    deadlineMs: deadlineMs === 0 ? jobDeadlineMs : Math.min(deadlineMs, jobDeadlineMs),
    ...(catalogRevision === '' ? {} : { catalogRevision }),
    ...(signature === '' ? {} : { signature }),
    ...(isTraceparent(traceparent) ? { traceparent } : {}),
  };
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw new RunnerError('JOB_INVALID', 'the workflow is not UTF-8 text', { cause: thrown });
  }
}
