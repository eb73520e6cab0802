import { refusal } from './entry.ts';

const SIGN_AGAIN =
  'Have the job signed again with `hybrid-runner jobs sign`, and store the signature in the control plane.';

/** Rejections of jobs, by `jobs.signatures` of the policy. */
export const signatures = {
  JOB_UNSIGNED: refusal(
    'permanent',
    'The local policy requires signed jobs, and the job has no signature.',
    'Sign the job with `hybrid-runner jobs sign`, and store the signature in the control plane.',
  ),
  JOB_SIGNATURE_MALFORMED: refusal(
    'permanent',
    'The signature of the job cannot be read.',
    SIGN_AGAIN,
  ),
  JOB_SIGNATURE_ALGORITHM: refusal(
    'permanent',
    'The signature of the job does not use the algorithm EdDSA.',
    'Find out who stored it: `hybrid-runner jobs sign` makes no such signature.',
  ),
  JOB_SIGNATURE_FIELD: refusal(
    'permanent',
    'The signature of the job has a field that this version does not know.',
    'Update the runner if a newer version has signed the job. Otherwise have it signed again.',
  ),
  JOB_KEY_UNKNOWN: refusal(
    'permanent',
    'The job is signed with a key that the local policy does not name.',
    'Sign the job with a key of `jobs.keys`, or ask the owner of the runner to add the key.',
  ),
  JOB_SIGNATURE_WRONG: refusal(
    'permanent',
    'The signature of the job does not hold: it was changed after it was made, or made with another key.',
    `Find out who changed it. ${SIGN_AGAIN}`,
  ),
  JOB_KEY_NOT_PERMITTED: refusal(
    'permanent',
    'The local policy does not permit the key of the signature for this service, pool or time.',
    'Sign the job with another key, or ask the owner of the runner to change `jobs.keys`.',
  ),
  JOB_AUDIENCE_OTHER: refusal(
    'permanent',
    'The job is signed for other runners or pools.',
    'Sign it with --runner or --pool of this runner. `hybrid-runner status` shows its fingerprint; its pools are in `jobs.pools` of its policy.',
  ),
  JOB_SIGNATURE_EARLY: refusal(
    'permanent',
    'The signature of the job is not valid yet.',
    'Check the clocks of both machines, or wait until the signature is valid.',
  ),
  JOB_SIGNATURE_EXPIRED: refusal('permanent', 'The signature of the job has expired.', SIGN_AGAIN),
  JOB_CONTENT_DIFFERS: refusal(
    'permanent',
    'The job differs from what was signed; the message says where.',
    `Check who changed the service or the pipeline. If the change is right: ${SIGN_AGAIN.charAt(0).toLowerCase()}${SIGN_AGAIN.slice(1)}`,
  ),
} as const;
