import { z } from 'zod';
import { keyIdOf, parsePublicKey } from './key-id.ts';

/** What the policy file says about signatures of jobs. */
export interface SigningRules {
  /** `warn`: a job without a valid signature runs, and the log and the audit trail say so. */
  readonly mode: 'off' | 'warn' | 'required';
  readonly keys: readonly SigningKey[];
  /** The pools of this machine. A control plane can name any pool, so it is not asked. */
  readonly pools: readonly string[];
}

export interface SigningKey {
  readonly name: string;
  /** Thumbprint of RFC 7638, in base64url. */
  readonly id: string;
  /** The 32 bytes of an Ed25519 key, in base64url. */
  readonly publicKey: string;
  /** In milliseconds of Unix time. */
  readonly notBefore: number | undefined;
  readonly notAfter: number | undefined;
  /** Pools that its signatures may address. */
  readonly pools: readonly string[] | undefined;
  /** Names of services; `*` at the end stands for any end. */
  readonly services: readonly string[] | undefined;
}

const time = z.iso.datetime({ offset: true, error: 'write a time such as 2027-01-01T00:00:00Z' });
const names = z.array(z.string().min(1)).min(1);

const keySchema = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9][\w.@-]{0,63}$/, 'write letters, digits, . _ @ and -'),
    publicKey: z
      .string()
      .refine(
        (text) => parsePublicKey(text) !== undefined,
        'is not the public key that `hybrid-runner jobs keygen` prints: 43 characters of base64url',
      ),
    notBefore: time.optional(),
    notAfter: time.optional(),
    pools: names.optional(),
    services: names.optional(),
  })
  .refine(({ notBefore, notAfter }) => isBefore(notBefore, notAfter), {
    path: ['notAfter'],
    message: 'must be after notBefore',
  });

/** Keys of `jobs` in the policy file. */
export const SIGNING = {
  signatures: z.enum(['off', 'warn', 'required']).default('off'),
  keys: z
    .array(keySchema)
    .default([])
    .superRefine((keys, context) => {
      for (const field of ['name', 'publicKey'] as const)
        if (new Set(keys.map((key) => key[field])).size < keys.length)
          context.addIssue({ code: 'custom', message: `two keys have the same ${field}` });
    }),
  pools: names.optional(),
};

export type SigningDocument = z.infer<z.ZodObject<typeof SIGNING>>;

export function compileSigning({ signatures, keys, pools = [] }: SigningDocument): SigningRules {
  return {
    mode: signatures,
    pools,
    keys: keys.map((key) => ({
      name: key.name,
      id: keyIdOf(key.publicKey),
      publicKey: key.publicKey,
      notBefore: timeOf(key.notBefore),
      notAfter: timeOf(key.notAfter),
      pools: key.pools,
      services: key.services,
    })),
  };
}

/** The rules without a policy file: it denies every job anyway. */
export const NO_SIGNING: SigningRules = { mode: 'required', keys: [], pools: [] };

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function isBefore(from: string | undefined, to: string | undefined): boolean {
  return from === undefined || to === undefined || Date.parse(from) < Date.parse(to);
}
