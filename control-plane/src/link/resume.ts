import type { Deps } from '../deps.ts';
import { momentOf } from '../runtime/clock.ts';
import { ControlPlaneError, type ErrorBody } from '../runtime/errors.ts';
import { useKey } from '../runners/identity-keys.ts';
import { abandonAttempt, withEpochUsed, type Holder } from '../runs/run.ts';
import type { Run, Runner, Transaction } from '../store/store.ts';
import { claim } from './claim.ts';
import type { SessionDeps } from './session-deps.ts';
import type { AttemptRef, HeldAttempt, HelloStatement, Position } from './frames.ts';

export interface Resumption {
  readonly positions: readonly Position[];
  readonly cancels: readonly { readonly ref: AttemptRef; readonly reason: string }[];
  /** Why the runner drains; null when it does not. */
  readonly drainReason: string | null;
  /** Number of the last head of its audit trail; 0 for none. */
  readonly auditHead: number;
}

type ResumeDeps = Deps & Pick<SessionDeps, 'registry'>;

type Held = HeldAttempt & { readonly ref: AttemptRef };

/**
 * Decides about every attempt that the runner holds, and about every run that it should hold and
 * does not. Undefined for a revoked runner.
 */
export async function resume(
  deps: ResumeDeps,
  statement: HelloStatement,
  key: Buffer,
  channel: string,
): Promise<Resumption | undefined> {
  const held = statement.held.flatMap(({ ref, ...rest }) =>
    ref === null ? [] : [{ ...rest, ref }],
  );
  const by = { runnerId: statement.runnerId, bootId: statement.bootId };
  const resumed = await deps.store.transaction(async (tx) => {
    const known = await tx.runners.get(statement.runnerId);
    if (known === undefined || known.revokedAt !== null) return undefined;
    const runner = await useKey(tx, deps, known, key);
    if (runner === undefined)
      throw new ControlPlaneError('PROTOCOL_VIOLATION', 'the key of the hello has been replaced');
    await notePresence(tx, deps, runner, statement);
    for (const { ref } of held) await noteEpoch(tx, deps, by, ref);
    const refs = held.map(({ ref }) => ref);
    const forgotten = await abandonForgotten(tx, deps, by, refs);
    const { positions, cancels } = await resumeHeld(tx, deps, by, held, channel);
    const auditHead = (await tx.auditHeads.latest(runner.id))?.number ?? 0;
    return { positions, cancels, forgotten, drainReason: runner.drainReason, auditHead };
  });
  if (resumed === undefined) return undefined;
  for (const runId of [...resumed.forgotten, ...held.map(({ ref }) => ref.runId)])
    deps.changes.changed(runId);
  return resumed;
}

/** When it was seen is stored with those of all runners. */
async function notePresence(
  tx: Transaction,
  deps: ResumeDeps,
  runner: Runner,
  { runnerVersion: version, platform }: HelloStatement,
): Promise<void> {
  deps.registry.lastSeen.note(runner.id, deps.clock.now());
  if (version !== runner.version || platform !== runner.platform)
    await tx.runners.save({ ...runner, version, platform });
}

async function resumeHeld(
  tx: Transaction,
  deps: Deps,
  by: Holder,
  held: readonly Held[],
  channel: string,
): Promise<Pick<Resumption, 'positions' | 'cancels'>> {
  const positions: Position[] = [];
  const cancels: { ref: AttemptRef; reason: string }[] = [];
  for (const attempt of held) {
    const { ref } = attempt;
    const resumed = await keep(tx, deps, by, attempt, channel);
    positions.push({
      ref,
      verdict: resumed === undefined ? 'VERDICT_DISCARD' : 'VERDICT_KEEP',
      storedSequence: resumed?.stored ?? 0,
    });
    const reason = resumed?.run.cancelReason ?? null;
    if (reason !== null) cancels.push({ ref, reason });
  }
  return { positions, cancels };
}

/**
 * After the store was restored from a backup, runners hold epochs that it does not contain. None of
 * them may be used again.
 */
async function noteEpoch(
  tx: Transaction,
  deps: Deps,
  { runnerId: runner }: Holder,
  ref: AttemptRef,
): Promise<void> {
  const run = await tx.runs.get(ref.runId);
  if (run === undefined)
    return deps.log.warn(
      { runner, run: ref.runId, epoch: ref.epoch },
      'runner holds an attempt of an unknown run',
    );
  const noted = withEpochUsed(run, ref.epoch);
  if (noted === run) return;
  deps.log.warn(
    { runner, run: run.id, epoch: ref.epoch, lastEpoch: run.lastEpoch },
    'runner reports a newer epoch than the store; the store may have been restored from a backup',
  );
  await tx.runs.save(noted);
}

/** Claims the attempt for the runner. Undefined when the runner must discard it. */
async function keep(
  tx: Transaction,
  deps: Deps,
  by: Holder,
  held: Held,
  channel: string,
): Promise<{ run: Run; stored: number } | undefined> {
  const { ref } = held;
  const attempt = await tx.runs.attempt(ref.runId, ref.epoch);
  if (attempt === undefined) return undefined;
  const run = await claim(tx, deps, by, ref);
  if (run === undefined) return undefined;
  const mismatch = sequenceMismatch(held, attempt.storedSequence);
  if (mismatch !== undefined) {
    // The run is not at fault, so maxAttempts does not apply.
    const limit = { at: momentOf(deps.clock), maxAttempts: Infinity };
    await tx.runs.save(abandonAttempt(run, mismatch, limit));
    deps.log.warn(
      {
        runner: by.runnerId,
        run: run.id,
        attempt: ref.attempt,
        epoch: ref.epoch,
        code: mismatch.code,
        error: mismatch.message,
      },
      'attempt abandoned',
    );
    return undefined;
  }
  await tx.runs.saveAttempt({ ...attempt, channel });
  return { run, stored: attempt.storedSequence };
}

/** Why the two sides cannot continue with their sequences; undefined when they can. */
function sequenceMismatch(
  { durableSequence, acknowledgedSequence }: Held,
  stored: number,
): ErrorBody | undefined {
  const remedy = 'No action needed: the run is retried.';
  if (acknowledgedSequence > stored)
    return {
      code: 'STORE_ROLLED_BACK',
      message:
        'acknowledged records are not in the store, which may have been restored from a backup',
      remedy,
    };
  if (durableSequence < stored)
    return {
      code: 'SPOOL_ROLLED_BACK',
      message:
        'the runner lacks records that are stored: its state directory may have been restored from a backup',
      remedy,
    };
  return undefined;
}

/**
 * Abandons runs that this process started and no longer holds. Attempts of another process of the
 * runner (a copy of the machine that does not answer at the moment) and offers that are still in
 * transit keep their lease, because they may be active.
 */
async function abandonForgotten(
  tx: Transaction,
  deps: Deps,
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
    message: 'the runner no longer holds the run',
    remedy: 'Check the runner’s log: its state directory may have been lost.',
  };
  const { maxAttempts } = deps.limits;
  for (const run of lost)
    await tx.runs.save(abandonAttempt(run, reason, { at: momentOf(deps.clock), maxAttempts }));
  return lost.map(({ id }) => id);
}
