import { dirname } from 'node:path';
import { untilAborted } from '../../foundation/src/runtime/abort.ts';
import { liesIn, overlap } from '../../foundation/src/runtime/directory-overlap.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { denial, deny, type Denied } from '../policy/decision.ts';
import type { Policy } from '../policy/policy.ts';
import type { SecretDirectory } from '../policy/secret-directory.ts';
import { readFileBelow } from './file-below.ts';
import { isUsablePem, type PemKind } from './pem.ts';
import { Secret } from './secret.ts';

const ABSOLUTE = /^(?:\/|[A-Za-z]:[\\/])[^\r\n\0]{0,4095}$/;

export interface JobFile {
  readonly path: string;
  /** The field that names it. */
  readonly field: string;
  /** What that field needs. */
  readonly kind: PemKind;
  readonly policy: Pick<Policy, 'filePermitted'>;
  /** Where references read secrets from files. */
  readonly secretDirectories: readonly SecretDirectory[];
}

/** Whether the value of a file field is a path: PEM text does not start with a slash. */
export function looksLikeFile(value: string): boolean {
  return ABSOLUTE.test(value);
}

/** For a file that the policy denies. Does not name the path: the control plane sent it. */
export function fileDenied(field: string, denied: Denied): RunnerError {
  return denial('SECRET_FILE_DENIED', `${field}: file not permitted`, denied);
}

/**
 * Reads a PEM file that a job names. With links followed, it must be in the directory that the
 * policy opens to jobs, and only root or this user can be able to change it. That directory must
 * not overlap those of secrets: the policy binds a secret to hosts by its reference, and a path
 * would be a second name for it.
 *
 * Throws SECRET_FILE_DENIED, SECRET_UNAVAILABLE, FILE_UNSAFE, FILE_UNREADABLE,
 * SECRET_PROVIDER_FAILED. Their messages are for the local log.
 */
export async function readJobFile(
  { path, field, kind, policy, secretDirectories }: JobFile,
  signal: AbortSignal,
): Promise<Secret> {
  const decision = policy.filePermitted(path);
  if (!decision.allowed) throw fileDenied(field, decision);
  const { directory } = decision;
  for (const secrets of secretDirectories)
    if (await reaches(directory, path, secrets.path))
      throw fileDenied(field, overlaps(secrets.setting));
  const file = await untilAborted(readFileBelow(directory, path), signal);
  if (file === undefined)
    throw new RunnerError('SECRET_UNAVAILABLE', 'the file is missing or empty');
  if (!isUsablePem(file.text, kind))
    throw new RunnerError('SECRET_UNAVAILABLE', `the file is not a ${kind} in PEM form`);
  return new Secret(file.text, file.version);
}

function overlaps(setting: string): Denied {
  return deny(
    'files.directory',
    `files.directory of the policy overlaps ${setting} of the configuration, so files in it cannot be read`,
  );
}

async function reaches(directory: string, path: string, secrets: string): Promise<boolean> {
  return (await overlap(directory, secrets)) || liesIn(dirname(path), secrets);
}
