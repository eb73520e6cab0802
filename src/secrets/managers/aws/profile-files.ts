import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { readTrustedFile } from '../../../../foundation/src/runtime/trusted-file.ts';

// Invariant: a profile starts no program and asks no metadata service. The SDK would do both, past
// the runner's own connections, if a line of these files said so.

const MAX_FILE_BYTES = 256 * 1024;

const FOREIGN =
  /^[ \t]*(?<key>credential_process|credential_source|sso_[a-z_]+|login_session|web_identity_token_file|endpoint_url|services)[ \t]*=[ \t]*(?<value>[^\r\n]*?)[ \t]*$/gim;

/** Throws FILE_UNSAFE, FILE_UNREADABLE and SECRET_MANAGER_SIGN_IN_FAILED. */
export async function assertOwnCredentials(paths: readonly (string | undefined)[]): Promise<void> {
  for (const path of new Set(paths)) {
    if (path === undefined) continue;
    const file = await readTrustedFile(path, { kind: 'private', maxBytes: MAX_FILE_BYTES });
    if (file === undefined)
      throw new RunnerError('SECRET_MANAGER_SIGN_IN_FAILED', `${path} does not exist`);
    const key = foreignKey(file.toString());
    if (key !== undefined)
      throw new RunnerError(
        'SECRET_MANAGER_SIGN_IN_FAILED',
        `${path} has ${key}, which this runner does not follow`,
        { remedy: 'Use a file with access keys, role_arn and source_profile only.' },
      );
  }
}

function foreignKey(text: string): string | undefined {
  return [...text.matchAll(FOREIGN)].find(
    ({ groups }) => groups?.['key'] !== 'credential_source' || groups['value'] !== 'Environment',
  )?.groups?.['key'];
}
