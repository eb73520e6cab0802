import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { readTrustedFile } from '../../../foundation/src/runtime/trusted-file.ts';

const MAX_BYTES = 64 * 1024;
const MAX_CA_BYTES = 1024 * 1024;

/**
 * The text of a file with a credential of the runner, without white space around it. `private`: no
 * other user may read it. `trusted`: others may, as in the volumes of Kubernetes, but only the
 * owner may change it. Throws SECRET_MANAGER_SIGN_IN_FAILED for a missing or empty file,
 * FILE_UNSAFE and FILE_UNREADABLE.
 */
export async function readCredential(path: string, kind: 'private' | 'trusted'): Promise<string> {
  const bytes = await readTrustedFile(path, { kind, maxBytes: MAX_BYTES });
  const text = bytes?.toString('utf8').trim() ?? '';
  if (text !== '') return text;
  throw new RunnerError(
    'SECRET_MANAGER_SIGN_IN_FAILED',
    `${path} ${bytes === undefined ? 'does not exist' : 'is empty'}; it must contain the credential of a mount in secrets.mounts`,
  );
}

/** The PEM texts of a CA file. */
export async function readAuthorities(path: string): Promise<readonly string[]> {
  const bytes = await readTrustedFile(path, { kind: 'trusted', maxBytes: MAX_CA_BYTES });
  if (bytes !== undefined) return [bytes.toString('utf8')];
  throw new RunnerError('FILE_UNREADABLE', `${path} does not exist; a mount names it as caFile`);
}
