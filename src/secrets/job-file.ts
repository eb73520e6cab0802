import { dirname } from 'node:path';
import { untilAborted } from '../runtime/abort.ts';
import { liesIn, overlap } from '../runtime/directory-overlap.ts';
import type { RunnerError } from '../runtime/errors.ts';
import { denial, type Denied } from '../policy/decision.ts';
import type { Policy } from '../policy/policy.ts';
import { readFileBelow } from './providers/files.ts';
import type { Secret } from './secret.ts';

const ABSOLUTE = /^(?:\/|[A-Za-z]:[\\/])[^\r\n\0]{0,4095}$/;

export interface NamedFile {
  readonly path: string;
  /** The field that names it. */
  readonly field: string;
  readonly policy: Pick<Policy, 'filePermitted'>;
  /** Where references read secrets from files. */
  readonly secretsDirectory: string | undefined;
}

const OVERLAP: Denied = {
  allowed: false,
  rule: 'files.directory',
  reason:
    'files.directory of the policy overlaps secrets.files.directory of the configuration, so no file is read there',
};

/** Whether the value of a field that may name a file does: an absolute path, and nothing like PEM. */
export function looksLikeFile(value: string): boolean {
  return ABSOLUTE.test(value);
}

/** The error of a file that the policy does not open to jobs; the path is the control plane's own and may be said. */
export function fileDenied(where: string, decision: Denied): RunnerError {
  return denial('SECRET_FILE_DENIED', `${where} names a file`, decision);
}

/**
 * Reads a file that a job names. The policy says below which directory such files may lie; the file must really lie
 * there, links followed, and nobody else may be able to change it. A directory that overlaps the one where references
 * read secrets is not read: the policy binds a secret to hosts by its reference, and a path would be a second name for it.
 * Undefined when there is none. Throws SECRET_FILE_DENIED, FILE_UNSAFE, SECRET_PROVIDER_FAILED.
 */
export async function readNamedFile(
  { path, field, policy, secretsDirectory }: NamedFile,
  signal: AbortSignal,
): Promise<Secret | undefined> {
  const decision = policy.filePermitted(path);
  if (!decision.allowed) throw fileDenied(field, decision);
  const { directory } = decision;
  if (
    secretsDirectory !== undefined &&
    ((await overlap(directory, secretsDirectory)) ||
      (await liesIn(dirname(path), secretsDirectory)))
  )
    throw fileDenied(field, OVERLAP);
  return untilAborted(readFileBelow(directory, path), signal);
}
