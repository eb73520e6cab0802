import { z } from 'zod';
import { LOG_LEVELS } from '../../foundation/src/domain/record.ts';
import { sealingSettingsSchema } from '../sealing/settings.ts';
import { secretSettingsSchema } from '../secrets/providers/registry.ts';

const endpoint = z.object({ host: z.string(), port: z.int() });

/** JSON has no undefined, the compiled configuration does. */
const orUndefined = (value: string | undefined): string | undefined => value;

/** The part of the runner's compiled configuration that a worker needs. */
export const workerSettingsSchema = z.object({
  policyFile: z.string(),
  /** Of the runner's identity; absent in programs without a control plane. */
  fingerprint: z.string().optional().transform(orUndefined),
  stateDir: z.string().optional().transform(orUndefined),
  network: z.object({
    proxy: z.string().optional().transform(orUndefined),
    noProxy: z.array(z.string()),
    connectTo: z.array(z.object({ from: endpoint, to: endpoint })),
    caFile: z.string().optional().transform(orUndefined),
  }),
  secrets: secretSettingsSchema,
  /** Absent in programs whose keys are not sealed. */
  sealing: sealingSettingsSchema.default({
    credential: false,
    keyFile: undefined,
    passphraseFile: undefined,
  }),
  log: z.object({ level: z.enum(LOG_LEVELS) }),
});
export type WorkerSettings = z.infer<typeof workerSettingsSchema>;
