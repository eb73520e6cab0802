import { z } from 'zod';
import { ControlPlaneError } from '../runtime/errors.ts';
import { canonicalJson } from './canonical-json.ts';

export const MAX_SIGNATURE_CHARACTERS = 400_000;

/** Until the year 9999: what no date can be made of cannot be shown either. */
const seconds = z.int().min(0).max(253_402_300_799);
const headerSchema = z.strictObject({
  alg: z.literal('EdDSA'),
  kid: z.string().min(1).max(200),
  typ: z.literal('hybrid-runner-job'),
});
const statementSchema = z.strictObject({
  aud: z.array(z.string().min(1).max(200)).min(1).max(50),
  nbf: seconds,
  exp: seconds,
  kind: z.string().min(1).max(60),
  name: z.string().min(1).max(200),
  workflow: z.record(z.string(), z.unknown()),
});

/** What a signature says of itself, unverified: only runners know the keys. */
export interface Statement extends z.infer<typeof statementSchema> {
  /** Thumbprint of the key (RFC 7638). */
  readonly keyId: string;
}

/**
 * Throws INPUT_INVALID for a text that no runner would read. They accept one text for each
 * statement, the canonical one of RFC 8785.
 */
export function parseSignature(jws: string): Statement {
  const [, payload] = jws.split('.');
  if (canonicalJson(jsonOf(payload)) !== textOf(payload)) throw notOfJob();
  return parseStored(jws);
}

/** Like parseSignature, of a text that was checked when it was stored. */
export function parseStored(jws: string): Statement {
  const [header, payload, signature, ...more] = jws.split('.');
  const head = headerSchema.safeParse(jsonOf(header));
  const statement = statementSchema.safeParse(jsonOf(payload));
  if (!head.success || !statement.success || !signature || more.length > 0) throw notOfJob();
  return { ...statement.data, keyId: head.data.kid };
}

function notOfJob(): ControlPlaneError {
  return new ControlPlaneError('INPUT_INVALID', 'the text is not the signature of a job', {
    remedy: 'Paste the whole output of `hybrid-runner jobs sign`.',
  });
}

function textOf(part: string | undefined): string {
  return Buffer.from(part ?? '', 'base64url').toString('utf8');
}

function jsonOf(part: string | undefined): unknown {
  try {
    return JSON.parse(textOf(part));
  } catch {
    return undefined;
  }
}
