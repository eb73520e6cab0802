import type { Connector } from '../../src/connectors/connector.ts';
import { JOB_KINDS } from '../../foundation/src/domain/job.ts';

type Jobs = Connector['jobs'];

/** The jobs of a connector for a test, which supports these kinds only. */
export function jobsOf(supported: Partial<Jobs>): Jobs {
  const unsupported = JOB_KINDS.map((kind) => [kind, 'unsupported']);
  return { ...(Object.fromEntries(unsupported) as Jobs), ...supported };
}
