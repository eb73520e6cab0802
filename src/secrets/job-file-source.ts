import { errorFields } from '../../foundation/src/runtime/error-fields.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { readJobFile, type JobFile } from './job-file.ts';
import type { SecretSourceOptions } from './source-options.ts';
import type { SecretSource } from './secret.ts';
import { unavailable } from './unavailable.ts';

/**
 * A secret in a file that the job names. To the outside a file that is missing, unsafe, not PEM or
 * of another kind is the same SECRET_UNAVAILABLE, so that jobs cannot find out which files exist.
 */
export function jobFileSource(
  { field, kind, path }: Pick<JobFile, 'field' | 'kind' | 'path'>,
  {
    policy,
    secretDirectories,
    trail,
    audit,
  }: Pick<SecretSourceOptions, 'policy' | 'secretDirectories' | 'trail' | 'audit'>,
): SecretSource {
  const file = { path, field, kind, policy, secretDirectories };
  const facts = { event: 'audit', file: path, field };
  return {
    reference: undefined,
    read: async (signal) => {
      await trail.record({ event: 'secretFile', file: path, field }, signal);
      try {
        const secret = await readJobFile(file, signal);
        audit.log('info', 'file read for secret field', { ...facts, decision: 'allow' });
        return secret;
      } catch (thrown) {
        if (signal.aborted) throw RunnerError.from(signal.reason, 'ABORTED');
        const error = RunnerError.from(thrown, 'SECRET_PROVIDER_FAILED');
        const decision = error.code === 'SECRET_UNAVAILABLE' ? 'allow' : 'deny';
        audit.log('warn', 'failed to read file for secret field', {
          ...facts,
          decision,
          ...errorFields(error),
        });
        if (error.code !== 'SECRET_FILE_DENIED') throw unavailable(field);
        const denied = { file: path, field, decision: 'deny', code: error.code };
        await trail.record({ event: 'secretFile', ...denied }).catch(() => undefined);
        throw error;
      }
    },
  };
}
