import { z } from 'zod';
import { LOG_LEVELS } from '../domain/record.ts';

const endpoint = z.object({ host: z.string(), port: z.int() });

/** JSON has no undefined, the compiled configuration does. */
const orUndefined = (value: string | undefined): string | undefined => value;

/** The part of the runner's compiled configuration that a worker needs. */
export const workerSettingsSchema = z.object({
  policyFile: z.string(),
  stateDir: z.string().optional().transform(orUndefined),
  network: z.object({
    proxy: z.string().optional().transform(orUndefined),
    noProxy: z.array(z.string()),
    connectTo: z.array(z.object({ from: endpoint, to: endpoint })),
    caFile: z.string().optional().transform(orUndefined),
  }),
  secrets: z.object({
    vault: z.object({ file: z.string(), keyFile: z.string() }),
    files: z.object({ directory: z.string().optional() }),
    environment: z.object({ enabled: z.boolean() }),
    mounts: z.array(
      z.object({ prefix: z.string(), provider: z.enum(['vault', 'files', 'environment']) }),
    ),
  }),
  log: z.object({ level: z.enum(LOG_LEVELS) }),
});
export type WorkerSettings = z.infer<typeof workerSettingsSchema>;
