import { hash, timingSafeEqual } from 'node:crypto';
import { NAME_AND_VERSION, type Deps } from '../deps.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import type { StoredToken, Transaction } from '../store/store.ts';

const TOKEN_BYTES = 32;
const ID_BYTES = 12;

export interface EnrollmentRequest {
  readonly token: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Buffer;
  readonly name: string;
  readonly version: string;
  readonly platform: string;
}

export interface NewToken {
  /** Of the runner; null for the name that it chooses. */
  readonly name: string | null;
  readonly pool: string;
  readonly ttlSeconds: number;
}

/** Creates a single-use token. Only its hash is stored. */
export async function createToken(
  deps: Deps,
  { name, pool, ttlSeconds }: NewToken,
): Promise<{ readonly token: string; readonly expiresAt: number }> {
  const token = `hre_${deps.random(TOKEN_BYTES).toString('base64url')}`;
  const expiresAt = deps.clock.now() + ttlSeconds * 1000;
  await deps.store.transaction((tx) =>
    tx.tokens.insert({ hash: hashToken(token), name, pool, expiresAt, usedBy: null }),
  );
  return { token, expiresAt };
}

/**
 * Exchanges a token for an identity. Throws ENROLLMENT_REFUSED with the same message for every
 * problem with the token.
 */
export async function enroll(
  deps: Deps,
  { token, ...request }: EnrollmentRequest,
): Promise<{ readonly runnerId: string; readonly name: string; readonly controlPlane: string }> {
  const hash = hashToken(token);
  const now = deps.clock.now();
  const runnerId = `rnr_${deps.random(ID_BYTES).toString('hex')}`;
  const name = await deps.store.transaction(async (tx) => {
    const valid = await validToken(tx, hash, now);
    await tx.tokens.markUsed(hash, runnerId);
    const name = valid.name ?? request.name;
    await tx.runners.save({
      ...request,
      id: runnerId,
      name,
      nextPublicKey: null,
      keySince: now,
      enrolledAt: now,
      lastSeenAt: null,
      revokedAt: null,
      drainReason: null,
      pool: valid.pool,
    });
    return name;
  });
  deps.log.info({ runner: runnerId, name }, 'runner enrolled');
  return { runnerId, name, controlPlane: NAME_AND_VERSION };
}

async function validToken(tx: Transaction, hash: Buffer, now: number): Promise<StoredToken> {
  const token = await tx.tokens.find(hash);
  const valid =
    token !== undefined &&
    timingSafeEqual(token.hash, hash) &&
    token.usedBy === null &&
    token.expiresAt > now;
  if (!valid)
    throw new ControlPlaneError(
      'ENROLLMENT_REFUSED',
      'enrollment token is unknown, used or expired',
    );
  return token;
}

export function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

/** Compares a token with a hash in constant time. */
export function matchesHash(token: string, expectedHash: Buffer): boolean {
  return timingSafeEqual(hashToken(token), expectedHash);
}
