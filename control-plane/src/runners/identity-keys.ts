/**
 * Replacing the key of a runner's identity. Invariants:
 * - A new key is accepted only with a signature of the present key and one of itself, both over
 *   both keys: whoever relays the session cannot put in a key of their own.
 * - The present key stays valid until a hello is signed by the new one. A runner that loses the
 *   new key before that still has an identity.
 * - From that hello on, the earlier key is worth nothing: a copy of it gets no session.
 */
import type { Deps } from '../deps.ts';
import { isSignedBy } from '../link/ed25519.ts';
import type { KeyProposal } from '../link/frames.ts';
import type { Runner, Transaction } from '../store/store.ts';
import { existingRunner } from './existing.ts';

const CONTEXT = 'hybrid-runner/key/v1\n';
const KEY_BYTES = 32;

/** The keys that may sign for a runner now. */
export function keysOf({ publicKey, nextPublicKey }: Runner): readonly Buffer[] {
  return nextPublicKey === null ? [publicKey] : [publicKey, nextPublicKey];
}

/** Stores the new key. Resolves with whether it is accepted. */
export async function acceptKey(
  deps: Deps,
  { runnerId, key }: { readonly runnerId: string; readonly key: Buffer },
  proposal: KeyProposal,
): Promise<boolean> {
  const { publicKey: nextPublicKey } = proposal;
  const message = Buffer.concat([Buffer.from(`${CONTEXT}${runnerId}\n`), key, nextPublicKey]);
  const isProven =
    nextPublicKey.length === KEY_BYTES &&
    isSignedBy(key, message, proposal.signature) &&
    isSignedBy(nextPublicKey, message, proposal.proof);
  const accepted =
    isProven &&
    (await deps.store.transaction(async (tx) => {
      const runner = await existingRunner(tx, runnerId);
      if (!runner.publicKey.equals(key)) return false;
      if (!nextPublicKey.equals(key)) await tx.runners.save({ ...runner, nextPublicKey });
      return true;
    }));
  if (accepted) deps.log.info({ runner: runnerId }, 'new key of a runner accepted');
  else deps.log.warn({ runner: runnerId }, 'new key of a runner rejected');
  return accepted;
}

/**
 * The runner after a hello that this key has signed, saved if that ends its earlier key. Undefined
 * if the key has ended meanwhile.
 */
export async function useKey(
  tx: Transaction,
  { clock, log }: Deps,
  runner: Runner,
  key: Buffer,
): Promise<Runner | undefined> {
  if (runner.publicKey.equals(key)) return runner;
  if (runner.nextPublicKey?.equals(key) !== true) return undefined;
  const renewed = { ...runner, publicKey: key, nextPublicKey: null, keySince: clock.now() };
  await tx.runners.save(renewed);
  log.info({ runner: runner.id }, 'runner uses its new key');
  return renewed;
}
