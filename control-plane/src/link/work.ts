/** What a runner's words do to runs: resuming after a connection, answers to offers, leases. */
import { giveUpAttempt, holder, offerAgain, renew, end } from '../run.ts';
import type { Run, Transaction } from '../store/store.ts';
import { DISPATCH } from '../events.ts';
import type { Ground } from '../settings.ts';
import type { AttemptRef, HelloStatement, Position } from './frames.ts';
import type { ConnectedRunner, Registry } from './registry.ts';

interface Resumption {
  readonly positions: readonly Position[];
  readonly cancels: readonly { readonly ref: AttemptRef; readonly reason: string }[];
  /** Why it shall take no work; null when it may. */
  readonly drainReason: string | null;
}

/** Settles every attempt that the runner holds, and every run that it should hold and does not. Undefined when it has been revoked meanwhile. */
export async function resume(ground: Ground, statement: HelloStatement, channel: string): Promise<Resumption | undefined> {
  const refs = statement.held.flatMap(({ ref }) => (ref === null ? [] : [ref]));
  const positions: Position[] = [];
  const cancels: { ref: AttemptRef; reason: string }[] = [];
  const settled = await ground.store.transaction(async (tx) => {
    const runner = await tx.runners.get(statement.runnerId);
    if (runner === undefined || runner.revokedAt !== null) return undefined;
    await tx.runners.save({ ...runner, version: statement.runnerVersion, platform: statement.platform, lastSeenAt: ground.clock.now() });
    for (const ref of refs) {
      const kept = await keep(tx, ground, runner.id, ref, channel);
      positions.push({ ref, verdict: kept === undefined ? 'VERDICT_DISCARD' : 'VERDICT_KEEP', storedSequence: kept?.stored ?? 0 });
      if (kept !== undefined && kept.run.cancelReason !== null) cancels.push({ ref, reason: kept.run.cancelReason });
    }
    return { drainReason: runner.drainReason, lost: await forgotten(tx, ground, runner.id, refs) };
  });
  if (settled === undefined) return undefined;
  for (const runId of [...settled.lost, ...refs.map(({ runId }) => runId)]) ground.changes.changed(runId);
  return { positions, cancels, drainReason: settled.drainReason };
}

async function keep(tx: Transaction, ground: Ground, runnerId: string, ref: AttemptRef, channel: string): Promise<{ run: Run; stored: number } | undefined> {
  const run = await tx.runs.get(ref.runId);
  const attempt = await tx.runs.attempt(ref.runId, ref.epoch);
  if (run?.epoch !== ref.epoch || attempt === undefined || holder(run) !== runnerId) return undefined;
  const renewed = renew(run, runnerId, ground.clock.now(), ground.limits.leaseTtlMs);
  await tx.runs.save(renewed);
  await tx.runs.saveAttempt({ ...attempt, channel });
  return { run: renewed, stored: attempt.storedSequence };
}

/** Runs that the store gives to this runner and the runner does not know. */
async function forgotten(tx: Transaction, ground: Ground, runnerId: string, held: readonly AttemptRef[]): Promise<string[]> {
  const lost = (await tx.runs.active()).filter((run) => holder(run) === runnerId && !held.some((ref) => ref.runId === run.id && ref.epoch === run.epoch));
  const now = ground.clock.now();
  for (const run of lost) {
    const reason = { code: 'LEASE_LOST', message: 'the runner no longer knows the run', remedy: 'See the runner’s log: its state directory may have been lost.' };
    await tx.runs.save(run.status.state === 'offered' ? withdrawOffer(run, now, now) : giveUpAttempt(run, reason, now, ground.limits.maxAttempts));
  }
  return lost.map(({ id }) => id);
}

/** An offer that nobody took: the run waits for the next, unless it has been cancelled in between. */
export function withdrawOffer(run: Run, now: number, notBefore: number): Run {
  return run.cancelReason === null ? offerAgain(run, notBefore) : giveUpAttempt(run, { code: 'CANCELLED', message: run.cancelReason, remedy: '' }, now, 0);
}

/** An offer that was withdrawn, or a run that was cancelled, before the answer came is cancelled at the runner. */
export async function acceptOffer(ground: Ground, from: Pick<ConnectedRunner, 'runnerId' | 'send'>, ref: AttemptRef): Promise<void> {
  const unwanted = await ground.store.transaction(async (tx) => {
    const run = await tx.runs.get(ref.runId);
    if (run?.epoch !== ref.epoch || holder(run) !== from.runnerId) return 'the offer has been withdrawn';
    await tx.runs.save(renew(run, from.runnerId, ground.clock.now(), ground.limits.leaseTtlMs));
    return run.cancelReason;
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
export async function rejectOffer(ground: Ground, registry: Registry, runnerId: string, ref: AttemptRef, rejection: Rejection): Promise<void> {
  await ground.store.transaction(async (tx) => {
    const run = await tx.runs.get(ref.runId);
    if (run?.epoch !== ref.epoch || run.status.state !== 'offered' || run.status.runnerId !== runnerId) return;
    await tx.runs.save(await afterRejection(tx, ground, registry, run, runnerId, rejection));
  });
  ground.log.info({ run: ref.runId, runner: runnerId, code: rejection.code }, 'offer rejected');
  ground.changes.changed(ref.runId);
  ground.changes.changed(DISPATCH);
}

async function afterRejection(tx: Transaction, ground: Ground, registry: Registry, run: Run, runnerId: string, { code, message, permanent }: Rejection): Promise<Run> {
  const now = ground.clock.now();
  if (!permanent) return withdrawOffer(run, now, now + ground.limits.retryOfferMs);
  const refused = { ...run, refusedBy: [...run.refusedBy, runnerId] };
  const others = (await tx.runners.list()).filter((runner) => registry.get(runner.id) !== undefined && mayTake(refused, runner));
  if (others.length > 0) return withdrawOffer(refused, now, now);
  return end(refused, 'failed', now, { code: code.slice(0, 100), message: message.slice(0, 1000), remedy: 'Correct the service or pipeline, or ask the owner of the runner to permit it.' });
}

/** Whether the run is meant for this runner and the runner has not refused it. */
export function mayTake(run: Run, runner: { readonly id: string; readonly name: string }): boolean {
  const meant = run.pinnedTo === null || run.pinnedTo === runner.id || run.pinnedTo === runner.name;
  return meant && !run.refusedBy.includes(runner.id);
}

/** Renews each lease that this runner still has; the others are lost. */
export async function renewLeases(ground: Ground, runnerId: string, leases: readonly AttemptRef[]): Promise<{ readonly renewed: AttemptRef[]; readonly lost: AttemptRef[] }> {
  const now = ground.clock.now();
  const renewed: AttemptRef[] = [];
  const lost: AttemptRef[] = [];
  await ground.store.transaction(async (tx) => {
    const runner = await tx.runners.get(runnerId);
    if (runner !== undefined) await tx.runners.save({ ...runner, lastSeenAt: now });
    for (const ref of leases) {
      const run = await tx.runs.get(ref.runId);
      const held = run?.epoch === ref.epoch && holder(run) === runnerId;
      (held ? renewed : lost).push(ref);
      if (held) await tx.runs.save(renew(run, runnerId, now, ground.limits.leaseTtlMs));
    }
  });
  return { renewed, lost };
}
