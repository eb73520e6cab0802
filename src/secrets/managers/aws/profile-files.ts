import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { readTrustedFile } from '../../../../foundation/src/runtime/trusted-file.ts';

// Invariant: a profile starts no program and asks no metadata service. The SDK would do both, past
// the runner's own connections, if a line of these files said so.

const MAX_FILE_BYTES = 256 * 1024;

/** White space of any kind around a key: the SDK removes it. */
const FOREIGN =
  /^\s*(?<key>credential_process|credential_source|sso_[a-z_]+|login_session|web_identity_token_file|endpoint_url|services)\s*=/im;
const KEYS = /^\s*(?:aws_secret_access_key|aws_session_token)\s*=\s*(?<value>\S+)/gim;

/**
 * Protects the keys of every profile: one signs in with those of another. Throws FILE_UNSAFE,
 * FILE_UNREADABLE and SECRET_MANAGER_SIGN_IN_FAILED.
 */
export async function assertOwnCredentials(
  paths: readonly (string | undefined)[],
  protect: (value: string) => void,
): Promise<void> {
  for (const path of new Set(paths)) {
    if (path === undefined) continue;
    const file = await readTrustedFile(path, { kind: 'private', maxBytes: MAX_FILE_BYTES });
    if (file === undefined)
      throw new RunnerError('SECRET_MANAGER_SIGN_IN_FAILED', `${path} does not exist`);
    const text = file.toString();
    const key = FOREIGN.exec(text)?.groups?.['key'];
    if (key !== undefined)
      throw new RunnerError(
        'SECRET_MANAGER_SIGN_IN_FAILED',
        `${path} has ${key}, which this runner does not follow`,
        { remedy: 'Use a file with access keys, role_arn and source_profile only.' },
      );
    for (const { groups } of text.matchAll(KEYS)) protect(groups?.['value'] ?? '');
  }
}
