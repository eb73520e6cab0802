import type { JobKind } from '../../foundation/src/domain/job.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Connector, JobWork } from './connector.ts';

/** The connector's work for a kind of job. Throws JOB_KIND_UNSUPPORTED. */
export function jobWork<Kind extends JobKind>(
  { jobs, type }: Pick<Connector, 'jobs' | 'type'>,
  kind: Kind,
): JobWork<Kind> {
  const work: JobWork<Kind> | 'unsupported' = jobs[kind];
  if (work !== 'unsupported') return work;
  throw new RunnerError(
    'JOB_KIND_UNSUPPORTED',
    `the connector for ${type} does not support jobs of kind "${kind}"`,
  );
}
