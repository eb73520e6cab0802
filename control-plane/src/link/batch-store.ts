import type { Attempt, Run, Transaction } from '../store/store.ts';
import { canReturn } from '../runs/run.ts';
import type { Deps } from '../deps.ts';
import { parseRecord, unpack, type ParsedRecord } from './batch.ts';
import { applyToCatalog } from '../catalog/catalog-effects.ts';
import type { AttemptRef, Batch, Nack } from './frames.ts';
import { claim } from './claim.ts';
import { applyOutcome } from './outcome.ts';

export type Verdict =
  | { readonly kind: 'ack'; readonly upTo: number; readonly ended: boolean }
  | {
      readonly kind: 'nack';
      readonly code: Nack['code'];
      readonly expected: number;
      readonly message: string;
    };

interface Sender {
  readonly runnerId: string;
  readonly bootId: string;
  readonly channel: string;
}

/**
 * Checks a batch and stores its new records. Records that are stored already are acknowledged
 * again.
 */
export async function storeBatch(
  tx: Transaction,
  deps: Deps,
  from: Sender,
  ref: AttemptRef,
  batch: Batch,
): Promise<Verdict> {
  const run = await tx.runs.get(ref.runId);
  const attempt = await tx.runs.attempt(ref.runId, ref.epoch);
  if (run === undefined || attempt === undefined || attempt.runnerId !== from.runnerId)
    return nack('NACK_CODE_UNKNOWN_RUN', 0, 'run was not assigned to this runner');
  if (run.epoch !== ref.epoch && !canReturn(run, from.runnerId, ref))
    return nack('NACK_CODE_STALE_EPOCH', 0, 'run has been assigned again');
  const expected = attempt.storedSequence + 1;
  if (batch.firstSequence + batch.count <= expected)
    return { kind: 'ack', upTo: attempt.storedSequence, ended: false };
  const claimed = await claim(tx, deps, from, ref);
  if (claimed === undefined)
    return nack(
      'NACK_CODE_STALE_EPOCH',
      0,
      'run has ended, or another run of the service is active',
    );
  if (batch.firstSequence > expected)
    return nack('NACK_CODE_OUT_OF_ORDER', expected, 'preceding records are missing');
  const unpacked = unpack(batch);
  if ('problem' in unpacked) return nack('NACK_CODE_CORRUPT', expected, unpacked.problem);
  const records = unpacked.lines.slice(expected - batch.firstSequence).map(parseRecord);
  const wireBytes = attempt.wireBytes + batch.payload.length;
  const current = { ...attempt, channel: from.channel, wireBytes };
  return storeRecords(tx, deps, claimed, current, records, batch.last);
}

/** The last record of the last batch is the outcome. */
async function storeRecords(
  tx: Transaction,
  deps: Deps,
  run: Run,
  attempt: Attempt,
  records: readonly ParsedRecord[],
  last: boolean,
): Promise<Verdict> {
  await tx.records.append(run.id, attempt.epoch, attempt.storedSequence + 1, records);
  const entities = await applyToCatalog(tx, deps, run, attempt, records);
  const upTo = attempt.storedSequence + records.length;
  const stored = { ...attempt, storedSequence: upTo, entities: attempt.entities + entities };
  const outcome = last ? records.at(-1) : undefined;
  if (outcome === undefined) await tx.runs.saveAttempt(stored);
  else await applyOutcome(tx, deps, run, stored, outcome);
  return { kind: 'ack', upTo, ended: outcome !== undefined };
}

function nack(code: Nack['code'], expected: number, message: string): Verdict {
  return { kind: 'nack', code, expected, message };
}
