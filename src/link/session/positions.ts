import type { Position } from '../../channel/frames.ts';
import { attemptKey, type Sequence } from '../../../foundation/src/domain/ids.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Attempt } from '../attempts/attempt.ts';
import { toAttemptRef, toSequence } from '../connection/frame-fields.ts';

export type Resolution =
  /** Deliver the records behind `stored`. */
  | { readonly name: 'keep'; readonly attempt: Attempt; readonly stored: Sequence }
  | { readonly name: 'drop'; readonly attempt: Attempt; readonly reason: RunnerError };

/**
 * Resolves the welcome for each attempt of the hello. Throws PROTOCOL_VIOLATION when the welcome
 * omits one.
 */
export function resolvePositions(
  held: readonly Attempt[],
  positions: readonly Position[],
): Resolution[] {
  const byKey = new Map(
    positions.map((position) => [attemptKey(toAttemptRef(position.ref)), position]),
  );
  return held.map((attempt) => {
    const position = byKey.get(attempt.key);
    if (position === undefined)
      throw new RunnerError(
        'PROTOCOL_VIOLATION',
        'the welcome frame lacks an attempt that the hello frame listed',
      );
    return resolve(attempt, position);
  });
}

function resolve(attempt: Attempt, { verdict, storedSequence }: Position): Resolution {
  switch (verdict) {
    case 'VERDICT_KEEP':
      return compare(attempt, toSequence(storedSequence));
    case 'VERDICT_DISCARD':
      return drop(attempt, 'LEASE_LOST', 'the control plane no longer wants the attempt');
    default:
      throw new RunnerError('PROTOCOL_VIOLATION', 'the welcome contains an unknown verdict');
  }
}

/**
 * Delivery must continue at the position of the control plane. Where it cannot, the attempt is
 * dropped and the run repeated.
 */
function compare(attempt: Attempt, stored: Sequence): Resolution {
  if (stored < attempt.outbox.acknowledged())
    return drop(
      attempt,
      'PROTOCOL_VIOLATION',
      'the control plane lost records that it had acknowledged',
    );
  if (stored > attempt.outbox.durable().sequence)
    return drop(
      attempt,
      'SPOOL_CORRUPT',
      'the control plane has records that this runner no longer has',
    );
  return { name: 'keep', attempt, stored };
}

function drop(attempt: Attempt, code: ErrorCode, message: string): Resolution {
  return { name: 'drop', attempt, reason: new RunnerError(code, message) };
}
