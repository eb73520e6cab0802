import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { sleepUnlessAborted } from '../../../foundation/src/runtime/wait.ts';
import { signHead, type Signer } from '../../audit/head.ts';
import { auditDirectory } from '../../audit/trail.ts';

const INTERVAL_MS = 15 * 60_000;

/**
 * Logs the signed head of the audit trail now and then, so that a log that is collected elsewhere
 * shows where lines were cut from the end.
 */
export async function logHeads(
  stateDir: string,
  {
    signer,
    clock,
    logger,
  }: { readonly signer: Signer; readonly clock: Clock; readonly logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  let logged = 0;
  do {
    try {
      const head = await signHead(nodeDisk, auditDirectory(stateDir), signer);
      if (head !== undefined && head.number !== logged) {
        logger.log('info', 'audit head', { event: 'auditHead', ...head });
        logged = head.number;
      }
    } catch (thrown) {
      logger.log('error', 'failed to sign the head of the audit trail', errorFields(thrown));
    }
  } while (await sleepUnlessAborted(clock, INTERVAL_MS, signal));
}
