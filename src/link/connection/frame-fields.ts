import type { WireAttemptRef } from '../../channel/frames.ts';
import { isRunId, type AttemptRef } from '../../../foundation/src/domain/ids.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

/**
 * Validates a received reference, since run ids become directory names. Decoded frames contain null
 * for an absent message. Throws PROTOCOL_VIOLATION.
 */
export function toAttemptRef(wire: WireAttemptRef | null | undefined): AttemptRef {
  if (
    wire === null ||
    wire === undefined ||
    !isRunId(wire.runId) ||
    wire.attempt < 1 ||
    !Number.isSafeInteger(wire.epoch)
  ) {
    throw new RunnerError(
      'PROTOCOL_VIOLATION',
      'the control plane sent an invalid attempt reference',
    );
  }
  return { runId: wire.runId, attempt: wire.attempt, epoch: wire.epoch };
}

/** Validates a received count or sequence. Throws PROTOCOL_VIOLATION above 2^53. */
export function toSequence(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RunnerError('PROTOCOL_VIOLATION', 'the control plane sent a number out of range');
}
