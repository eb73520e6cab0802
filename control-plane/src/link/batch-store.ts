import type { Attempt, Run, Transaction } from '../store/store.ts';
import { mayReturn } from '../runs/run.ts';
import type { Ground } from '../deps.ts';
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

/** Judges a batch and stores what is new in it. Records that are there already are dropped and acknowledged again. */
export async function storeBatch(
  tx: Transaction,
  ground: Ground,
  from: Sender,
  ref: AttemptRef,
  batch: Batch,
): Promise<Verdict> {
  const run = await tx.runs.get(ref.runId);
  const attempt = await tx.runs.attempt(ref.runId, ref.epoch);
  if (run === undefined || attempt === undefined || attempt.runnerId !== from.runnerId)
    return nack('NACK_CODE_UNKNOWN_RUN', 0, 'this run has not been given to this runner');
  if (run.epoch !== ref.epoch && !mayReturn(run, from.runnerId, ref))
    return nack('NACK_CODE_STALE_EPOCH', 0, 'the run has been given out again since');
  const expected = attempt.storedSequence + 1;
  if (batch.firstSequence + batch.count <= expected)
    return { kind: 'ack', upTo: attempt.storedSequence, ended: false };
  const working = await claim(tx, ground, from, ref);
  if (working === undefined)
    return nack(
      'NACK_CODE_STALE_EPOCH',
      0,
      'the run has ended, or another run of the service has begun since',
    );
  if (batch.firstSequence > expected)
    return nack('NACK_CODE_OUT_OF_ORDER', expected, 'records before these are missing');
  const unpacked = unpack(batch);
  if ('problem' in unpacked) return nack('NACK_CODE_CORRUPT', expected, unpacked.problem);
  const records = unpacked.lines.slice(expected - batch.firstSequence).map(parseRecord);
  const stored = await storeRecords(
    tx,
    ground,
    working,
    { ...attempt, channel: from.channel, wireBytes: attempt.wireBytes + batch.payload.length },
    records,
  );
  const outcome = batch.last ? records.at(-1) : undefined;
  if (outcome === undefined) {
    await tx.runs.saveAttempt(stored);
  } else {
    await applyOutcome(tx, ground, working, stored, outcome);
  }
  return { kind: 'ack', upTo: stored.storedSequence, ended: outcome !== undefined };
}

function nack(code: Nack['code'], expected: number, message: string): Verdict {
  return { kind: 'nack', code, expected, message };
}

async function storeRecords(
  tx: Transaction,
  ground: Ground,
  run: Run,
  attempt: Attempt,
  records: readonly ParsedRecord[],
): Promise<Attempt> {
  await tx.records.append(run.id, attempt.epoch, attempt.storedSequence + 1, records);
  const entities = await applyToCatalog(tx, ground, run, attempt, records);
  return {
    ...attempt,
    storedSequence: attempt.storedSequence + records.length,
    entities: attempt.entities + entities,
  };
}
