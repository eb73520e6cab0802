import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { isSignedBy } from '../audit/head.ts';
import type { Link } from '../audit/line.ts';

/** What a control plane answers for the heads of a runner; other fields are its own. */
const Heads = z.object({
  runnerId: z.string(),
  heads: z.array(
    z.object({
      number: z.int().positive(),
      hash: z.string().regex(/^[0-9a-f]{64}$/),
      signature: z.string().regex(/^[A-Za-z0-9+/]{86}==$/),
    }),
  ),
});

export type HeadsFile = z.infer<typeof Heads>;

/** Throws FILE_UNREADABLE and INPUT_INVALID. */
export async function readHeadsFile(path: string): Promise<HeadsFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `failed to read ${path}`, { cause: thrown });
  }
  try {
    return Heads.parse(JSON.parse(text));
  } catch {
    throw new RunnerError('INPUT_INVALID', `${path} contains no heads of an audit trail`, {
      remedy: 'Save the answer of GET /api/v1/runners/ID/audit-heads of the control plane.',
    });
  }
}

/**
 * The heads, once it is certain that this runner has signed each. Others prove nothing about its
 * trail. Throws INPUT_INVALID.
 */
export function signedHeads(
  { runnerId, heads }: HeadsFile,
  identity: { readonly runnerId: string; readonly publicKeys: readonly string[] },
): Link[] {
  const foreign = heads.find(
    (head) =>
      runnerId !== identity.runnerId ||
      !identity.publicKeys.some((publicKey) => isSignedBy(head, { runnerId, publicKey })),
  );
  if (foreign === undefined) return [...heads];
  throw new RunnerError(
    'INPUT_INVALID',
    `the head of line ${foreign.number} is not signed by the identity of this runner`,
    { remedy: 'Use the heads of this runner; another enrollment has another identity.' },
  );
}
