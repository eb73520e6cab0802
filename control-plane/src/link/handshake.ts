/**
 * Proof of identity. Invariants:
 * - The nonce is fresh for each connection and used once.
 * - The signature covers the nonce, the whole statement and the authority that the runner dialed.
 *   The authority must be an address of this control plane: otherwise another server is relaying a
 *   handshake meant for itself.
 * - No field is evaluated before the signature is verified.
 */
import { createHash } from 'node:crypto';
import { keysOf } from '../runners/identity-keys.ts';
import type { StoreReader, Runner } from '../store/store.ts';
import { decodeStatement } from './codec.ts';
import { isSignedBy } from './ed25519.ts';
import type { HelloStatement, Refusal } from './frames.ts';

export const PROTOCOL = 1;
/** Feature of runners that answer identity checks. */
export const IDENTITY_CHECK = 'identity-check';
/** Feature of runners that send the heads of their audit trail. */
const AUDIT_HEADS = 'audit-heads';
/** Feature of runners that replace their key. */
const KEY_ROTATION = 'key-rotation';
export const FEATURES: readonly string[] = ['zstd', IDENTITY_CHECK, AUDIT_HEADS, KEY_ROTATION];
export const NONCE_BYTES = 32;

const CONTEXT = 'hybrid-runner/link/v1\n';

export type Verdict =
  | {
      readonly ok: true;
      readonly runner: Runner;
      readonly statement: HelloStatement;
      /** That has signed the hello. */
      readonly key: Buffer;
    }
  | { readonly ok: false; readonly refusal: Refusal };

export interface Hello {
  readonly statement: Buffer;
  readonly signature: Buffer;
}

/** Throws PROTOCOL_VIOLATION for a malformed statement. */
export async function verifyHello(
  hello: Hello,
  nonce: Buffer,
  authorities: ReadonlySet<string>,
  runners: StoreReader['runners'],
): Promise<Verdict> {
  const statement = decodeStatement(hello.statement);
  const runner = await runners.get(statement.runnerId);
  if (runner === undefined) return refused('RUNNER_UNKNOWN', 'no runner with this id is enrolled');
  const key = keysOf(runner).find((each) => isSigned(hello, statement.authority, nonce, each));
  if (key === undefined)
    return refused('SIGNATURE_INVALID', 'signature is not valid for this runner and connection');
  if (!authorities.has(statement.authority))
    return refused(
      'SIGNATURE_INVALID',
      `${printable(statement.authority)} is not an address of this control plane`,
    );
  if (runner.revokedAt !== null) return refused('RUNNER_REVOKED', 'runner has been revoked');
  if (statement.protocol !== PROTOCOL)
    return refused(
      'PROTOCOL_UNSUPPORTED',
      `protocol is not supported; this control plane supports protocol ${PROTOCOL}`,
    );
  return { ok: true, runner, statement, key };
}

function isSigned(hello: Hello, authority: string, nonce: Buffer, publicKey: Buffer): boolean {
  const digest = createHash('sha256').update(hello.statement).digest();
  const message = Buffer.concat([Buffer.from(`${CONTEXT}${authority}\n`), nonce, digest]);
  return isSignedBy(publicKey, message, hello.signature);
}

function refused(code: Refusal['code'], message: string): Verdict {
  return { ok: false, refusal: { code, message, permanent: true, retryAfterMs: 0 } };
}

function printable(text: string): string {
  return text.slice(0, 100).replaceAll(/[^\x20-\x7e]/g, '?');
}
