import { loadConnectors } from '../connectors/registry.ts';
import { systemClock } from '../runtime/clock.ts';
import { excludeMemoryFromCoreDumps } from '../runtime/core-dump.ts';
import { systemRandom } from '../runtime/random.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import { composeAccess } from './compose.ts';
import { runWorker } from './program.ts';
import { workerSettingsSchema } from './settings.ts';

/* The program of a worker process. Signals meant for the service are the link's to act on. */

function settleProcess(): void {
  process.title = 'hybrid-runner worker';
  process.umask(0o077);
  excludeMemoryFromCoreDumps();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  // Node's answer to this one is to open a debugger, through which secrets could be read.
  if (process.platform !== 'win32') process.on('SIGUSR1', () => undefined);
}

settleProcess();
runWorker(process, {
  clock: systemClock,
  random: systemRandom,
  disk: nodeDisk,
  connectors: await loadConnectors(),
  output: [process.stdout, process.stderr],
  prepare: (given, redactor, createLog) => {
    const settings = workerSettingsSchema.parse(given);
    const logger = createLog(settings.log.level);
    return {
      logger,
      openAccess: composeAccess({
        settings,
        redactor,
        audit: logger,
        env: process.env,
        sink: 'unused',
      }),
    };
  },
});
