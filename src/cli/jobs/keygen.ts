import { stringify } from 'yaml';
import { keyIdOf, publicKeyOf } from '../../policy/signatures/key-id.ts';
import { requireFlag, type Invocation } from '../invocation.ts';
import { createKeyFile } from './key-file.ts';

/** Makes a key to sign jobs with, and prints what the policy of runners needs of it. */
export async function keygen({ flags, terminal }: Invocation): Promise<void> {
  const file = requireFlag(flags, 'out');
  const named = flags.get('name');
  const name = typeof named === 'string' ? named : 'jobs';
  const publicKey = publicKeyOf(await createKeyFile(file));
  const keyId = keyIdOf(publicKey);
  terminal.document(
    { file, name, publicKey, keyId },
    stringify({ jobs: { signatures: 'warn', keys: [{ name, publicKey }] } }).trimEnd(),
  );
  terminal.notice(
    `The private key is in ${file}, readable by you alone. Key id: ${keyId}. Add the lines above to the policy of your runners.`,
  );
}
