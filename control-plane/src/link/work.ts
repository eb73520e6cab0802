/** What a runner's words do to runs: resuming after a connection, answers to offers, leases. */
import { momentOf, type Moment } from '../runtime/clock.ts';
import { end, giveUpAttempt, offerAgain, withEpochUsed, type Holder } from '../runs/run.ts';
import { mayTake } from '../runs/placement.ts';
import type { Run, Transaction } from '../store/store.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import type { Ground } from '../deps.ts';
import { claim } from './claim.ts';
import type { AttemptRef, HeldAttempt, HelloStatement, Position } from './frames.ts';
import type { ConnectedRunner, Registry } from './registry.ts';

interface Resumption {
  readonly positions: readonly Position[];
  readonly cancels: readonly { readonly ref: AttemptRef; readonly reason: string }[];
  /** Why it shall take no work; null when it may. */
  readonly drainReason: string | null;
}

/** Settles every attempt that the runner holds, and every run that it should hold and does not. Undefined when it has been revoked meanwhile. */
export async function resume(
  ground: Ground,
  statement: HelloStatement,
  channel: string,
): Promise<Resumption | undefined> {
  const held = statement.held.flatMap(({ ref, ...rest }) =>
    ref === null ? [] : [{ ...rest, ref }],
  );
  const by = { runnerId: statement.runnerId, bootId: statement.bootId };
  const positions: Position[] = [];
  const cancels: { ref: AttemptRef; reason: string }[] = [];
  const settled = await ground.store.transaction(async (tx) => {
    const runner = await tx.runners.get(statement.runnerId);
    if (runner === undefined || runner.revokedAt !== null) return undefined;
    await tx.runners.save({
      ...runner,
      version: statement.runnerVersion,
      platform: statement.platform,
      lastSeenAt: ground.clock.now(),
    });
    for (const { ref } of held) await noteEpoch(tx, ground, ref);
    const unknown = await forgotten(
      tx,
      ground,
      by,
      held.map(({ ref }) => ref),
    );
    for (const attempt of held) {
      const kept = await keep(tx, ground, by, attempt, channel);
      positions.push({
        ref: attempt.ref,
        verdict: kept === undefined ? 'VERDICT_DISCARD' : 'VERDICT_KEEP',
        storedSequence: kept?.stored ?? 0,
      });
      if (kept !== undefined && kept.run.cancelReason !== null)
        cancels.push({ ref: attempt.ref, reason: kept.run.cancelReason });
    }
    return { drainReason: runner.drainReason, lost: unknown };
  });
  if (settled === undefined) return undefined;
  for (const runId of [...settled.lost, ...held.map(({ ref }) => ref.runId)])
    ground.changes.changed(runId);
  return { positions, cancels, drainReason: settled.drainReason };
}

/** After the store was restored from a backup, runners hold epochs that it does not remember: none of them may be given out again. */
async function noteEpoch(tx: Transaction, ground: Ground, ref: AttemptRef): Promise<void> {
  const run = await tx.runs.get(ref.runId);
  if (run === undefined)
    return ground.log.warn(
      { run: ref.runId, epoch: ref.epoch },
      'a runner holds an attempt of a run that is not in the store',
    );
  const noted = withEpochUsed(run, ref.epoch);
  if (noted === run) return;
  ground.log.warn(
    { run: run.id, epoch: ref.epoch, lastEpoch: run.lastEpoch },
    'a runner holds an epoch that the store has not given out: the store was restored from an older copy',
  );
  await tx.runs.save(noted);
}

type Held = HeldAttempt & { readonly ref: AttemptRef };

async function keep(
  tx: Transaction,
  ground: Ground,
  by: Holder,
  held: Held,
  channel: string,
): Promise<{ run: Run; stored: number } | undefined> {
  const { ref } = held;
  const attempt = await tx.runs.attempt(ref.runId, ref.epoch);
  if (attempt === undefined) return undefined;
  const run = await claim(tx, ground, by, ref);
  if (run === undefined) return undefined;
  const apart = comeApart(held, attempt.storedSequence);
  if (apart !== undefined) {
    // Not the fault of the run, so it costs none of its attempts.
    await tx.runs.save(
      giveUpAttempt(run, apart, { at: momentOf(ground.clock), maxAttempts: Infinity }),
    );
    ground.log.warn(
      { run: run.id, attempt: ref.attempt, epoch: ref.epoch, ...apart },
      'attempt given up',
    );
    return undefined;
  }
  await tx.runs.saveAttempt({ ...attempt, channel });
  return { run, stored: attempt.storedSequence };
}

/** Why the numbering of the two sides cannot go on. */
function comeApart(
  { durableSequence, acknowledgedSequence }: Held,
  stored: number,
): { code: string; message: string; remedy: string } | undefined {
  const remedy = 'Nothing; the run is done again.';
  if (acknowledgedSequence > stored)
    return {
      code: 'STORE_ROLLED_BACK',
      message:
        'records that were acknowledged are not in the store: it was restored from an older copy',
      remedy,
    };
  if (durableSequence < stored)
    return {
      code: 'SPOOL_ROLLED_BACK',
      message:
        'the runner no longer has records that are stored here: its state directory was restored from an older copy',
      remedy,
    };
  return undefined;
}

/**
 * Runs that this very process was at and does not know any more. What another process of the runner has (a copy of the machine
 * that does not answer just now), and an offer that may still be on its way or is being journaled, wait for their lease to end:
 * somebody may be at work.
 */
async function forgotten(
  tx: Transaction,
  ground: Ground,
  { runnerId, bootId }: Holder,
  held: readonly AttemptRef[],
): Promise<string[]> {
  const lost = (await tx.runs.active()).filter(
    ({ id, epoch, status }) =>
      status.state === 'running' &&
      status.runnerId === runnerId &&
      status.bootId === bootId &&
      !held.some((ref) => ref.runId === id && ref.epoch === epoch),
  );
  const reason = {
    code: 'LEASE_LOST',
    message: 'the runner no longer knows the run',
    remedy: 'See the runner’s log: its state directory may have been lost.',
  };
  for (const run of lost)
    await tx.runs.save(
      giveUpAttempt(run, reason, {
        at: momentOf(ground.clock),
        maxAttempts: ground.limits.maxAttempts,
      }),
    );
  return lost.map(({ id }) => id);
}

/** An offer that nobody took: the run waits for the next, unless it has been cancelled in between. */
export function withdrawOffer(run: Run, at: Moment, notBefore: number): Run {
  return run.cancelReason === null
    ? offerAgain(run, notBefore)
    : giveUpAttempt(
        run,
        { code: 'CANCELLED', message: run.cancelReason, remedy: '' },
        { at, maxAttempts: 0 },
      );
}

/** An offer that was withdrawn, or a run that was cancelled, before the answer came is cancelled at the runner. */
export async function acceptOffer(
  ground: Ground,
  from: Pick<ConnectedRunner, 'runnerId' | 'bootId' | 'send'>,
  ref: AttemptRef,
): Promise<void> {
  const unwanted = await ground.store.transaction(async (tx) => {
    const run = await claim(tx, ground, from, ref);
    return run === undefined ? 'the offer has been withdrawn' : run.cancelReason;
  });
  if (unwanted !== null) from.send({ kind: 'cancel', body: { ref, reason: unwanted } });
  ground.changes.changed(ref.runId);
}

interface Rejection {
  readonly code: string;
  readonly message: string;
  readonly permanent: boolean;
}

/** A refusal for good moves the run to another runner that is connected, and fails it when there is none. */
export async function rejectOffer(
  ground: Ground,
  registry: Registry,
  runnerId: string,
  ref: AttemptRef,
  rejection: Rejection,
): Promise<void> {
  await ground.store.transaction(async (tx) => {
    const run = await tx.runs.get(ref.runId);
    if (
      run?.epoch !== ref.epoch ||
      run.status.state !== 'offered' ||
      run.status.runnerId !== runnerId
    )
      return;
    await tx.runs.save(await afterRejection(tx, ground, registry, run, runnerId, rejection));
  });
  ground.log.info({ run: ref.runId, runner: runnerId, code: rejection.code }, 'offer rejected');
  ground.changes.changed(ref.runId);
  ground.changes.changed(DISPATCH);
}

async function afterRejection(
  tx: Transaction,
  ground: Ground,
  registry: Registry,
  run: Run,
  runnerId: string,
  { code, message, permanent }: Rejection,
): Promise<Run> {
  const at = momentOf(ground.clock);
  if (!permanent) return withdrawOffer(run, at, at.monotonic + ground.limits.retryOfferMs);
  const refused = { ...run, refusedBy: [...run.refusedBy, runnerId] };
  const others = (await tx.runners.list()).filter(
    (runner) => registry.get(runner.id) !== undefined && mayTake(refused, runner),
  );
  if (others.length > 0) return withdrawOffer(refused, at, at.monotonic);
  return end(refused, 'failed', at.now, {
    code: code.slice(0, 100),
    message: message.slice(0, 1000),
    remedy: 'Correct the service or pipeline, or ask the owner of the runner to permit it.',
  });
}

/** Renews each lease that this runner still has; the others are lost. */
export async function renewLeases(
  ground: Ground,
  by: Holder,
  leases: readonly AttemptRef[],
): Promise<{ readonly renewed: AttemptRef[]; readonly lost: AttemptRef[] }> {
  const renewed: AttemptRef[] = [];
  const lost: AttemptRef[] = [];
  await ground.store.transaction(async (tx) => {
    const runner = await tx.runners.get(by.runnerId);
    if (runner !== undefined) await tx.runners.save({ ...runner, lastSeenAt: ground.clock.now() });
    for (const ref of leases)
      ((await claim(tx, ground, by, ref)) === undefined ? lost : renewed).push(ref);
  });
  return { renewed, lost };
}
