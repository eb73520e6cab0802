import type { Logger } from '../../foundation/src/logging/logger.ts';
import { namesSink } from '../../openmetadata/src/catalog-server.ts';
import type { Workflow } from '../../openmetadata/src/workflow.ts';

/** Logs the options of a workflow that have no effect in this run. */
export function logIgnoredOptions(workflow: Workflow, hasSink: boolean, logger: Logger): void {
  const options = workflow.source.sourceConfig.config;
  if (hasSink) {
    if (options['includeOwners'] === true)
      logger.log(
        'info',
        'includeOwners has no effect on the sink: the source has owners of columns, OpenMetadata only owners of tables',
      );
    return;
  }
  if (namesSink(workflow))
    logger.log(
      'info',
      "ignoring the workflow's sink: this run writes to a file, standard output or the control plane",
    );
  if (options['overrideMetadata'] === true)
    logger.log('info', 'overrideMetadata has no effect: this run does not write to a catalog');
}
