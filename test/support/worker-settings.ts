import { join } from 'node:path';
import { type WorkerSettings, workerSettingsSchema } from '../../src/worker/settings.ts';

/** Settings of a worker whose files are in a directory. */
export function workerSettings(
  directory: string,
  policyFile: string,
  secretFiles: { readonly directory?: string } = {},
): WorkerSettings {
  return workerSettingsSchema.parse({
    policyFile: join(directory, policyFile),
    log: { level: 'error' },
    network: { noProxy: [], connectTo: [] },
    secrets: {
      vault: { file: join(directory, 'vault'), keyFile: join(directory, 'key') },
      files: secretFiles,
      environment: { enabled: false },
      mounts: [],
    },
  });
}
