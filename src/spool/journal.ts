import { z } from 'zod';
import { type AttemptRef, attemptKey, isRunId } from '../../foundation/src/domain/ids.ts';
import { JOB_KINDS, type JobKind } from '../../foundation/src/domain/job.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { type Disk, removeFile } from '../../foundation/src/runtime/disk.ts';
import { createLedger } from './ledger.ts';
import {
  type ProcessIdentity,
  processIdentitySchema,
} from '../../foundation/src/runtime/processes.ts';
import { createReserve } from './reserve.ts';
import { readSealed, writeSealed } from './sealed-file.ts';

const NAME = 'attempt.json';

const journalSchema = z.object({
  version: z.literal(1),
  ref: z.object({
    runId: z.string().refine(isRunId),
    attempt: z.int().positive(),
    epoch: z.int().nonnegative(),
  }),
  kind: z.enum(JOB_KINDS),
  createdAt: z.number(),
  owner: z.string().optional(),
  worker: processIdentitySchema.optional(),
});

/**
 * The facts about an attempt other than its records. An attempt exists exactly as long as its
 * journal.
 */
export interface Journal {
  readonly ref: AttemptRef;
  readonly kind: JobKind;
  /** Unix time in milliseconds. */
  readonly createdAt: number;
  /**
   * The identity that accepted the job; only this identity delivers it. Absent in journals of
   * earlier versions.
   */
  readonly owner?: string | undefined;
  readonly worker?: ProcessIdentity | undefined;
}

/** Replaces the journal; durable when this resolves. */
export async function writeJournal(disk: Disk, directory: string, journal: Journal): Promise<void> {
  await writeSealed(disk, directory, NAME, JSON.stringify({ version: 1, ...journal }));
}

/**
 * Undefined if the journal does not exist; then the attempt does not exist. Throws SPOOL_CORRUPT.
 */
export async function readJournal(disk: Disk, directory: string): Promise<Journal | undefined> {
  const content = await readSealed(disk, directory, NAME);
  if (content === undefined) return undefined;
  const parsed =
    content === 'damaged' ? undefined : journalSchema.safeParse(JSON.parse(content.text));
  if (parsed?.success !== true)
    throw new RunnerError('SPOOL_CORRUPT', `${NAME} is damaged`, { cause: parsed?.error });
  return parsed.data;
}

/**
 * Creates the directory of a new attempt, and returns it. Durable when this resolves; nothing is
 * left when this throws.
 */
export async function createAttempt(disk: Disk, spool: string, journal: Journal): Promise<string> {
  const directory = `${spool}/${attemptKey(journal.ref)}`;
  try {
    await fillDirectory(disk, spool, directory, journal);
    return directory;
  } catch (thrown) {
    // What cannot be removed now is removed at the next start.
    await removeAttempt(disk, directory).catch(() => undefined);
    throw thrown;
  }
}

async function fillDirectory(
  disk: Disk,
  spool: string,
  directory: string,
  journal: Journal,
): Promise<void> {
  await disk.makeDirectory(directory);
  for (const name of await disk.list(directory)) await removeFile(disk, `${directory}/${name}`);
  await disk.syncDirectory(spool);
  await createLedger(disk, directory);
  await createReserve(disk, directory);
  await writeJournal(disk, directory, journal);
}

/** Deletes an attempt. The journal goes first, so that the attempt does not exist after a crash. */
export async function removeAttempt(disk: Disk, directory: string): Promise<void> {
  await removeFile(disk, `${directory}/${NAME}`);
  await disk.syncDirectory(directory);
  for (const name of await disk.list(directory)) await removeFile(disk, `${directory}/${name}`);
  await disk.removeDirectory(directory);
}
