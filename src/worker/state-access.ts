import { join } from 'node:path';
import { yieldsEntities } from '../../foundation/src/domain/job.ts';
import type { Access, AccessRequest } from './access.ts';
import { openStateFile } from './state-file.ts';
import type { WorkerSettings } from './settings.ts';
import type { SinkUse } from './sink-access.ts';

/**
 * The connector's state directory, and the state of the previous run for jobs that may be
 * incremental. Results that go to a file or directly to a server must be those of a full run.
 */
export function stateAccess(
  { kind, connector, workflow }: AccessRequest,
  { stateDir }: WorkerSettings,
  sink: SinkUse,
): Pick<Access, 'stateStore' | 'stateDirectory'> {
  if (stateDir === undefined) return { stateDirectory: undefined };
  const stateDirectory = join(stateDir, 'connectors', connector.type.toLowerCase());
  if (sink !== 'unused' || !yieldsEntities(kind)) return { stateDirectory };
  const { serviceName } = workflow.source;
  return {
    stateDirectory,
    stateStore: openStateFile(join(stateDirectory, 'last-runs'), serviceName),
  };
}
