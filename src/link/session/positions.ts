import type { Position } from '../../channel/frames.ts';
import { attemptKey, type Sequence } from '../../domain/ids.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Attempt } from '../attempts/attempt.ts';
import { toAttemptRef, toSequence } from '../connection/frame-fields.ts';

export type Resolution =
  /** Deliver what comes after `stored`. */
  | { readonly name: 'keep'; readonly attempt: Attempt; readonly stored: Sequence }
  | { readonly name: 'drop'; readonly attempt: Attempt; readonly reason: RunnerError };

/** What the welcome decides for each attempt that the hello named. Throws PROTOCOL_VIOLATION when it leaves one out. */
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
        'the welcome leaves out an attempt that the hello named',
      );
    return resolve(attempt, position);
  });
}

function resolve(attempt: Attempt, { verdict, storedSequence }: Position): Resolution {
  switch (verdict) {
    case 'VERDICT_KEEP':
      return checked(attempt, toSequence(storedSequence));
    case 'VERDICT_DISCARD':
      return {
        name: 'drop',
        attempt,
        reason: new RunnerError(
          'LEASE_LOST',
          'the control plane does not want the attempt any more',
        ),
      };
    default:
      throw new RunnerError(
        'PROTOCOL_VIOLATION',
        'the welcome holds a verdict that this runner does not know',
      );
  }
}

/** Numbering must go on where the control plane is. Where it cannot, the run has to be made again, and that is said aloud. */
function checked(attempt: Attempt, stored: Sequence): Resolution {
  if (stored < attempt.outbox.acknowledged())
    return {
      name: 'drop',
      attempt,
      reason: new RunnerError(
        'PROTOCOL_VIOLATION',
        'the control plane has lost records that it had acknowledged',
      ),
    };
  if (stored > attempt.outbox.durable().sequence)
    return {
      name: 'drop',
      attempt,
      reason: new RunnerError(
        'SPOOL_CORRUPT',
        'the control plane has records that this runner does not have any more',
      ),
    };
  return { name: 'keep', attempt, stored };
}
