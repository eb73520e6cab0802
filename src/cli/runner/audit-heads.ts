import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { sleepUnlessAborted } from '../../../foundation/src/runtime/wait.ts';
import { LARGE_TRAIL_BYTES, trailSize } from '../../audit/files.ts';
import { signHead, type Signer } from '../../audit/head.ts';
import { auditDirectory } from '../../audit/trail.ts';

const INTERVAL_MS = 15 * 60_000;

export interface HeadDeps {
  readonly signer: Signer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly disk?: Disk;
}

/**
 * Logs the signed head of the audit trail periodically, so that a log that is collected elsewhere
 * shows where lines were cut from the end. Warns of a trail that takes much of the disk.
 */
export async function logHeads(
  stateDir: string,
  { signer, clock, logger, disk = nodeDisk }: HeadDeps,
  signal: AbortSignal,
): Promise<void> {
  const directory = auditDirectory(stateDir);
  let logged = 0;
  do {
    try {
      const head = await signHead({ directory, disk, clock }, signer, signal);
      if (head !== undefined && head.number !== logged) {
        logger.log('info', 'signed audit trail head', { event: 'auditHead', ...head });
        logged = head.number;
      }
      const { files, bytes } = await trailSize(disk, directory);
      if (bytes > LARGE_TRAIL_BYTES) logger.log('warn', 'audit trail is large', { files, bytes });
    } catch (thrown) {
      if (signal.aborted) return;
      logger.log('error', 'failed to sign the head of the audit trail', errorFields(thrown));
    }
  } while (await sleepUnlessAborted(clock, INTERVAL_MS, signal));
}
