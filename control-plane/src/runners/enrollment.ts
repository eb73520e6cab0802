import { createHash, timingSafeEqual } from 'node:crypto';
import { ControlPlaneError } from '../runtime/errors.ts';
import { NAME_AND_VERSION, type Ground } from '../deps.ts';

const TOKEN_BYTES = 32;
const ID_BYTES = 12;

export interface Enrollment {
  readonly token: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Buffer;
  readonly name: string;
  readonly version: string;
  readonly platform: string;
}

/** A token that works once, until it expires. Only its hash is kept. */
export async function mintToken(
  ground: Ground,
  name: string | null,
  ttlSeconds: number,
): Promise<{ readonly token: string; readonly expiresAt: number }> {
  const token = `hre_${ground.random(TOKEN_BYTES).toString('base64url')}`;
  const expiresAt = ground.clock.now() + ttlSeconds * 1000;
  await ground.store.transaction((tx) =>
    tx.tokens.insert({ hash: hashToken(token), name, expiresAt, usedBy: null }),
  );
  return { token, expiresAt };
}

/** Trades a token for an identity. Throws ENROLLMENT_REFUSED, with the same words whatever is wrong with the token. */
export async function enroll(
  ground: Ground,
  request: Enrollment,
): Promise<{ readonly runnerId: string; readonly name: string; readonly controlPlane: string }> {
  const hash = hashToken(request.token);
  const now = ground.clock.now();
  const runnerId = `rnr_${ground.random(ID_BYTES).toString('hex')}`;
  const name = await ground.store.transaction(async (tx) => {
    const token = await tx.tokens.find(hash);
    const good =
      token !== undefined &&
      timingSafeEqual(token.hash, hash) &&
      token.usedBy === null &&
      token.expiresAt > now;
    if (!good)
      throw new ControlPlaneError(
        'ENROLLMENT_REFUSED',
        'the enrollment token is unknown, used or expired',
      );
    await tx.tokens.markUsed(hash, runnerId);
    const name = token.name ?? request.name;
    await tx.runners.save({
      id: runnerId,
      name,
      publicKey: request.publicKey,
      version: request.version,
      platform: request.platform,
      enrolledAt: now,
      lastSeenAt: null,
      revokedAt: null,
      drainReason: null,
    });
    return name;
  });
  ground.log.info({ runner: runnerId, name }, 'runner enrolled');
  return { runnerId, name, controlPlane: NAME_AND_VERSION };
}

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

/** Whether two texts are equal, in a time that tells nothing about where they differ. */
export function sameToken(given: string, expectedHash: Buffer): boolean {
  return timingSafeEqual(hashToken(given), expectedHash);
}
