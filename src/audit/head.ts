import { createPublicKey, verify } from 'node:crypto';
import { durableEnd } from './durable-end.ts';
import { type Link, parseLine } from './line.ts';
import type { TrailPlace } from './lock.ts';
import { linesFrom } from './read-lines.ts';

/** The end of the trail, signed by the identity of its runner, to be kept on another machine. */
export interface SignedHead extends Link {
  /** Ed25519, in base64. */
  readonly signature: string;
}

export interface Signer {
  readonly runnerId: string;
  sign(message: Uint8Array): Uint8Array;
}

/** Of the durable end. Undefined if there is no trail. Throws what `durableEnd` throws. */
export async function signHead(
  place: TrailPlace,
  signer: Signer,
  signal: AbortSignal,
): Promise<SignedHead | undefined> {
  const end = await durableEnd(place, signal);
  if (end === undefined) return undefined;
  const signature = signer.sign(messageOf(end, signer.runnerId));
  return { ...end, signature: Buffer.from(signature).toString('base64') };
}

/**
 * The head, and the hash that an earlier line has now: empty if the trail has no intact line with
 * that number. Somebody who has kept the earlier head learns from it whether the trail continues
 * it. Undefined and throws as `signHead` does.
 */
export async function compareHead(
  place: TrailPlace,
  signer: Signer,
  previous: number,
  signal: AbortSignal,
): Promise<(SignedHead & { readonly previousHash: string }) | undefined> {
  const head = await signHead(place, signer, signal);
  if (head === undefined) return undefined;
  return { ...head, previousHash: await hashOf(place, previous) };
}

async function hashOf({ disk, directory }: TrailPlace, number: number): Promise<string> {
  if (number === 0) return '';
  for await (const line of linesFrom(disk, directory, number)) {
    const parsed = parseLine(line.text);
    return parsed?.number === number ? parsed.hash : '';
  }
  return '';
}

/** `publicKey` is the raw key of the identity, in base64. */
export function isSignedBy(
  { number, hash, signature }: SignedHead,
  { runnerId, publicKey }: { readonly runnerId: string; readonly publicKey: string },
): boolean {
  const x = Buffer.from(publicKey, 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const message = messageOf({ number, hash }, runnerId);
  return verify(null, message, key, Buffer.from(signature, 'base64'));
}

function messageOf({ number, hash }: Link, runnerId: string): Buffer {
  return Buffer.from(`hybrid-runner/audit-head/v1\n${runnerId}\n${number}\n${hash}\n`);
}
