import { z } from 'zod';
import { readStatus } from './status-socket.ts';

/**
 * The members of a status that programs of other versions rely on. Loose, because the runner that
 * answers can be older or newer than this program.
 */
const statusSchema = z.looseObject({
  version: z.string(),
  pid: z.number(),
  state: z.looseObject({ name: z.string() }),
  health: z.looseObject({ name: z.string(), text: z.string() }).optional().catch(undefined),
  identityConflict: z.unknown().optional(),
});

export type RunningRunner = z.infer<typeof statusSchema>;

/**
 * The runner behind a status socket; undefined if none answers with a status of the known format.
 * Rejects with the reason of the signal only.
 */
export async function queryRunningRunner(
  socket: string,
  signal: AbortSignal,
): Promise<RunningRunner | undefined> {
  try {
    return statusSchema.parse(await readStatus(socket, signal));
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return undefined;
  }
}
