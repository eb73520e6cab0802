import type { AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { AccessRequest } from './access.ts';

/**
 * Takes decisions about a whole job, before it can use anything. If they deny the job, the audit
 * trail has the code. Without the trail, the denial stands.
 */
export async function recordingDenial<T>(
  { kind, connector, signal }: Pick<AccessRequest, 'kind' | 'connector' | 'signal'>,
  trail: AuditTrail,
  decide: () => Promise<T>,
): Promise<T> {
  try {
    return await decide();
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const { code } = RunnerError.from(thrown);
    const facts = { decision: 'deny', kind, connector: connector.type, code };
    await trail.record({ event: 'job', ...facts }).catch(() => undefined);
    throw thrown;
  }
}
