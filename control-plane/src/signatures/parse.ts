import { z } from 'zod';
import { ControlPlaneError } from '../runtime/errors.ts';

export const MAX_SIGNATURE_CHARACTERS = 400_000;

const headerSchema = z.object({ alg: z.literal('EdDSA'), kid: z.string().min(1).max(200) });
const statementSchema = z.object({
  aud: z.array(z.string().max(200)).max(50),
  nbf: z.int(),
  exp: z.int(),
  kind: z.string().max(60),
  name: z.string().max(200),
  workflow: z.record(z.string(), z.unknown()),
});

/** What a signature says of itself, unverified: only runners know the keys. */
export interface Statement extends z.infer<typeof statementSchema> {
  /** Thumbprint of the key (RFC 7638). */
  readonly keyId: string;
}

/** Throws INPUT_INVALID for a text that no runner would read. */
export function parseSignature(jws: string): Statement {
  const [header, payload, signature, ...more] = jws.split('.');
  const head = headerSchema.safeParse(jsonOf(header));
  const statement = statementSchema.safeParse(jsonOf(payload));
  if (!head.success || !statement.success || !signature || more.length > 0)
    throw new ControlPlaneError('INPUT_INVALID', 'the text is not the signature of a job', {
      remedy: 'Paste the whole output of `hybrid-runner jobs sign`.',
    });
  return { ...statement.data, keyId: head.data.kid };
}

function jsonOf(part: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
