import { loadConnectors } from '../connectors/registry.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { excludeMemoryFromCoreDumps } from '../../foundation/src/runtime/core-dump.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { composeAccess } from './compose.ts';
import { runWorker } from './program.ts';
import { workerSettingsSchema } from './settings.ts';

/* The program of a worker process. It ignores the signals of the service: the link handles them. */

function prepareProcess(): void {
  process.title = 'hybrid-runner worker';
  process.umask(0o077);
  excludeMemoryFromCoreDumps();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  // By default Node.js opens a debugger on this signal, through which secrets could be read.
  if (process.platform !== 'win32') process.on('SIGUSR1', () => undefined);
}

prepareProcess();
const connectors = await loadConnectors();
runWorker(process, {
  clock: systemClock,
  random: systemRandom,
  disk: nodeDisk,
  connectors,
  output: [process.stdout, process.stderr],
  prepare: (input, redactor, createLog, metrics) => {
    const settings = workerSettingsSchema.parse(input);
    const logger = createLog(settings.log.level);
    return {
      logger,
      openAccess: composeAccess({
        settings,
        connectors,
        redactor,
        audit: logger,
        metrics,
        env: process.env,
        sink: 'unused',
      }),
    };
  },
});
