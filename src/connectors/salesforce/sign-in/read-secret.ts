import { RunnerError } from '../errors/errors.ts';
import type { Secret, SecretSource } from '../../../secrets/secret.ts';

/** Throws SECRET_UNAVAILABLE if the job has no source for the field, and what the source throws. */
export async function readSecret(
  secrets: ReadonlyMap<string, SecretSource>,
  field: string,
  signal: AbortSignal,
): Promise<Secret> {
  const source = secrets.get(field);
  if (source === undefined)
    throw new RunnerError('SECRET_UNAVAILABLE', `no secret for field "${field}"`);
  return source.read(signal);
}
