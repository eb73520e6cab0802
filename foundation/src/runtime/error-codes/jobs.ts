import { entry, refusal } from './entry.ts';

export const jobs = {
  AT_CAPACITY: entry(
    'transient',
    'The runner is at capacity.',
    'Wait until a run has ended, or raise capacity.',
  ),
  DRAINING: entry(
    'transient',
    'The runner is shutting down and accepts no new jobs.',
    'No action is needed. The control plane offers the run to another runner.',
  ),
  JOB_INVALID: entry(
    'user',
    'The job is invalid; the message lists all problems.',
    'Correct the pipeline or the service in the control plane.',
  ),
  JOB_KIND_UNSUPPORTED: entry(
    'permanent',
    'This runner does not support this kind of job.',
    'Update the runner, or correct the job.',
  ),
  POLICY_DENIED: entry(
    'permanent',
    'The local policy does not permit this job.',
    'Ask the owner of the runner to permit it in the policy file.',
  ),
  POLICY_LIMIT_REACHED: refusal(
    'permanent',
    'The local policy permits no further run now: its runs of an hour or its calls of a day are used up.',
    'Wait, or ask the owner of the runner to raise the limit; the runner log names it.',
  ),
  ATTEMPT_STALE: entry(
    'transient',
    'The offered attempt is not newer than an attempt that this runner already had.',
    'No action is needed. The control plane offers the run again with a higher epoch.',
  ),
  OFFER_REPLAYED: entry(
    'transient',
    'The offered attempt, or a newer one of the same run, has already begun on this runner.',
    [
      'No action is needed if a control plane was restored from a backup: it offers the run again',
      'with a higher epoch. Otherwise find out who sent the offer again.',
    ].join(' '),
  ),
  LEASE_LOST: entry(
    'transient',
    'The lease expired, or the control plane assigned the run to another attempt.',
    'No action is needed. The newer attempt reports the results.',
  ),
  CANCELLED: entry(
    'transient',
    'The run was canceled.',
    'Start the run again if it is still needed.',
  ),
  WORKER_DIED: entry(
    'transient',
    'The worker process ended without reporting an outcome.',
    'Check memory limits and the system journal. The run is retried.',
  ),
  RUNNER_STOPPED: entry(
    'transient',
    'The runner was stopped during the run.',
    'No action is needed. The run is retried.',
  ),
} as const;
