/**
 * Signed heads of the audit trails of runners. Invariants:
 * - Only a head that the identity of its runner has signed is kept.
 * - A head that contradicts the one before it raises an alarm once, which stays until a person
 *   acknowledges it. The trail is compared with the newer head from then on.
 * - What is kept is evidence: it does not change, and the last head of each day stays as long as
 *   runners keep their lines.
 */
import type { Deps } from '../deps.ts';
import { isSignedBy } from '../link/ed25519.ts';
import type { AuditHead } from '../link/frames.ts';
import type { StoredAuditHead } from '../store/audit-head.ts';
import type { Runner } from '../store/store.ts';
import { existingRunner } from './existing.ts';
import { keysOf } from './identity-keys.ts';

const DAY_MS = 86_400_000;
const THINNED_AFTER_MS = 2 * DAY_MS;
const KEPT_MS = 400 * DAY_MS;

export const AUDIT_REMEDY =
  'Run `hybrid-runner audit verify --heads FILE` there with the heads that are kept here.';

/** Checks, compares and keeps a head. One without a valid signature is only logged. */
export async function receiveAuditHead(
  deps: Deps,
  runnerId: string,
  head: AuditHead,
): Promise<void> {
  const { store, clock, log } = deps;
  const problem = await store.transaction(async (tx) => {
    const publicKey = signerOf(await existingRunner(tx, runnerId), head);
    if (publicKey === undefined) return 'unsigned';
    const last = await tx.auditHeads.latest(runnerId);
    if (last?.number === head.number && last.hash === head.hash) return null;
    const found = last === undefined ? null : contradiction(last, head);
    const { number, hash, signature } = head;
    const receivedAt = clock.now();
    const kept = { runnerId, number, hash, signature, publicKey, receivedAt };
    await tx.auditHeads.save({ ...kept, problem: found, acknowledgedAt: null });
    await tx.auditHeads.prune(runnerId, receivedAt - THINNED_AFTER_MS, receivedAt - KEPT_MS);
    return found;
  });
  if (problem === 'unsigned')
    log.warn({ runner: runnerId }, 'audit head without a valid signature ignored');
  else if (problem !== null)
    log.error(
      { runner: runnerId, problem, remedy: AUDIT_REMEDY },
      'audit trail of a runner changed',
    );
}

/** Ends the alarm of a runner. Throws NOT_FOUND. Idempotent. */
export async function acknowledgeAuditAlarm(deps: Deps, runnerId: string): Promise<Runner> {
  const runner = await deps.store.transaction(async (tx) => {
    await tx.auditHeads.acknowledge(runnerId, deps.clock.now());
    return existingRunner(tx, runnerId);
  });
  deps.log.info({ runner: runnerId }, 'alarm about an audit trail acknowledged');
  return runner;
}

function signerOf(runner: Runner, { number, hash, signature }: AuditHead): Buffer | undefined {
  if (!/^[0-9a-f]{64}$/.test(hash)) return undefined;
  const message = Buffer.from(`hybrid-runner/audit-head/v1\n${runner.id}\n${number}\n${hash}\n`);
  return keysOf(runner).find((key) => isSignedBy(key, message, signature));
}

/** Why a trail that ends like `head` is not the one that ended like `last`; null if it may be. */
function contradiction(last: StoredAuditHead, head: AuditHead): string | null {
  const { number } = last;
  if (head.number < number)
    return `the trail ends with line ${head.number}, but line ${number} had been signed before`;
  if (head.number === number) return `line ${number} is not the one that had been signed before`;
  // Compared with an older head: another connection has brought the last one meanwhile.
  if (head.previousNumber !== number || head.previousHash === last.hash) return null;
  return head.previousHash === ''
    ? `line ${number}, which had been signed before, is missing`
    : `line ${number} is not the one that had been signed before`;
}
