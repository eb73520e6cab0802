import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** The entry in `Connector.jobs` for a kind of job that the connector does not support. */
export function unsupportedJob(connector: string): () => never {
  return () => {
    throw new RunnerError(
      'JOB_KIND_UNSUPPORTED',
      `the connector for ${connector} does not support this kind of job`,
    );
  };
}
