import type { Connector, JobWork } from '../connectors/connector.ts';
import type { JobKind } from '../../foundation/src/domain/job.ts';
import type { Workflow } from '../../openmetadata/src/workflow.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** The connector for the workflow's source. Throws JOB_INVALID when the runner has none. */
export function connectorFor(workflow: Workflow, connectors: readonly Connector[]): Connector {
  const wanted = workflow.source.type.toLowerCase();
  const connector = connectors.find(({ type }) => type.toLowerCase() === wanted);
  if (connector !== undefined) return connector;
  const available = connectors.map(({ type }) => type).join(', ');
  throw new RunnerError('JOB_INVALID', 'source.type: this runner has no connector for it', {
    remedy: `Use one of the connectors of this runner: ${available}.`,
  });
}

/** The connector's work for a kind of job. Throws JOB_KIND_UNSUPPORTED for a kind that the connector does not have. */
export function workOf(kind: JobKind, { jobs, type }: Connector): JobWork {
  const work: JobWork | undefined = Object.hasOwn(jobs, kind) ? jobs[kind] : undefined;
  if (work !== undefined) return work;
  throw new RunnerError(
    'JOB_KIND_UNSUPPORTED',
    `the connector for ${type} does not support jobs of kind ${JSON.stringify(kind)}`,
  );
}
