import type { WireAttemptRef } from '../../channel/frames.ts';
import { isRunId, type AttemptRef } from '../../domain/ids.ts';
import { RunnerError } from '../../runtime/errors.ts';

/** A reference as it came, checked: run ids become directory names. Throws PROTOCOL_VIOLATION. Decoded frames hold null where a message is absent. */
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
      'the control plane named an attempt in a form that is not allowed',
    );
  }
  return { runId: wire.runId, attempt: wire.attempt, epoch: wire.epoch };
}

/** A count or sequence as it came. Throws PROTOCOL_VIOLATION above 2^53. */
export function toSequence(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RunnerError(
    'PROTOCOL_VIOLATION',
    'the control plane sent a number that is out of range',
  );
}
