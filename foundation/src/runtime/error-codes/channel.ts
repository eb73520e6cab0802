import { entry } from './entry.ts';

const TWO_PROCESSES =
  'Stop one of the two. To keep both, run `hybrid-runner enroll --replace` on the copied machine.';

export const channel = {
  PROTOCOL_UNSUPPORTED: entry(
    'permanent',
    'Runner and control plane have no protocol version in common.',
    'Update the older of the two.',
  ),
  PROTOCOL_VIOLATION: entry(
    'permanent',
    'The control plane violated the protocol.',
    'Report it to the operator of the control plane.',
  ),
  FRAME_TOO_LARGE: entry(
    'permanent',
    'A frame exceeds the size limit.',
    'Report it to the operator of the control plane.',
  ),
  ENROLLMENT_REFUSED: entry(
    'user',
    'The control plane rejected the enrollment token.',
    'Request a new token. A token is valid once, and for a short time.',
  ),
  RUNNER_REVOKED: entry(
    'permanent',
    'The control plane has revoked this runner.',
    'If it was revoked by mistake, enroll it again.',
  ),
  RUNNER_UNKNOWN: entry(
    'permanent',
    'The control plane does not know this runner.',
    'Enroll the runner again. The control plane may have lost its data.',
  ),
  SIGNATURE_INVALID: entry(
    'permanent',
    'The control plane could not verify the identity of this runner.',
    'Check that the identity files belong to this runner. After a restore from a backup of either side, enroll again with --replace.',
  ),
  IDENTITY_IN_USE: entry(
    'user',
    'Another process is connected with the identity of this runner.',
    TWO_PROCESSES,
  ),
  SUPERSEDED: entry(
    'transient',
    'Another process with the identity of this runner has taken over the connection.',
    TWO_PROCESSES,
  ),
  CONTROL_PLANE_BUSY: entry(
    'transient',
    'The control plane is busy; the runner will retry.',
    'No action is needed.',
  ),
} as const;
