import type { Connector } from '../connectors/connector.ts';
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
