import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { parseReference, type SecretPath } from '../secrets/reference.ts';

/** The message does not repeat the text: it could be the value instead of the reference. */
export function reference(text: string | undefined): SecretPath {
  const path = parseReference(text ?? '');
  if (path === undefined)
    throw new RunnerError('SECRET_REFERENCE_INVALID', 'the argument is not a secret reference');
  return path;
}
