import type { AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import { type Logger, silentLogger } from '../../foundation/src/logging/logger.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { auditDirectory, createAuditTrail } from './trail.ts';

/** The audit trail of this machine's runner. `logger` gets what does not keep it from working. */
export function openAuditTrail(stateDir: string, logger: Logger = silentLogger): AuditTrail {
  return createAuditTrail({
    directory: auditDirectory(stateDir),
    disk: nodeDisk,
    clock: systemClock,
    logger,
  });
}
