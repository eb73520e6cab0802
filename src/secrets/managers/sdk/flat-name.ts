import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { formatReference, type SecretPath } from '../../reference.ts';

/** Between the segments of a reference in a name without slashes. */
const SEPARATOR = '--';

export interface FlatNameOptions {
  readonly namePrefix: string | undefined;
  /** A segment. It must not contain the separator, nor begin or end with a part of it. */
  readonly segment: RegExp;
  /** What a segment consists of, in words. */
  readonly words: string;
  readonly maxLength: number;
}

/**
 * The name of a secret in a manager whose names have no slashes. Throws SECRET_UNAVAILABLE for a
 * path that could share its name with another.
 */
export function flatName(
  path: SecretPath,
  { namePrefix, segment, words, maxLength }: FlatNameOptions,
): string {
  const prefix = namePrefix === undefined ? [] : namePrefix.split('/');
  const name = [...prefix, ...path].join(SEPARATOR);
  if (!path.every((each) => segment.test(each)))
    throw unavailable(path, `no name belongs to it alone; use segments of ${words}`);
  if (name.length > maxLength)
    throw unavailable(path, `its name would be longer than ${maxLength} characters`);
  return name;
}

function unavailable(path: SecretPath, reason: string): RunnerError {
  return new RunnerError(
    'SECRET_UNAVAILABLE',
    `${formatReference(path)} below the mount cannot be read: ${reason}`,
  );
}
