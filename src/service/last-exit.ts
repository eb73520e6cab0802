import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Failure } from '../../foundation/src/domain/failure.ts';

const lastExitSchema = z.object({
  at: z.number(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }),
});
type LastExit = z.infer<typeof lastExitSchema>;

/**
 * The error that ended the service, which `status` shows while no runner answers. A file in the
 * state directory.
 */
export interface LastExitFile {
  read(): Promise<LastExit | undefined>;
  write(error: Failure, at: number): Promise<void>;
  clear(): Promise<void>;
}

/** A missing or damaged file reads as undefined. */
export function lastExitFile(stateDir: string): LastExitFile {
  const path = join(stateDir, 'last-exit.json');
  return {
    read: async () => {
      try {
        return lastExitSchema.parse(JSON.parse(await readFile(path, 'utf8')));
      } catch {
        return undefined;
      }
    },
    write: ({ code, message, remedy }, at) =>
      writeFile(path, JSON.stringify({ at, error: { code, message, remedy } }), { mode: 0o600 }),
    clear: () => rm(path, { force: true }),
  };
}
