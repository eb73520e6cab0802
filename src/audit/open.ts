import type { AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { auditDirectory, createAuditTrail } from './trail.ts';

/** The audit trail of this machine's runner. */
export function openAuditTrail(stateDir: string): AuditTrail {
  return createAuditTrail({
    directory: auditDirectory(stateDir),
    disk: nodeDisk,
    clock: systemClock,
  });
}
