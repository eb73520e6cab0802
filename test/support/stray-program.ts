import { writeSync } from 'node:fs';
import type { Connector } from '../../src/connectors/connector.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { runWorker } from '../../src/worker/program.ts';
import { jobsOf } from './connector-jobs.ts';
import { PLANTED_LINES, PLANTED_SECRET as SECRET, type StrayBehavior } from './stray-behavior.ts';

/*
 * The worker's own program in a process of its own, with a connector that writes a secret where it
 * should not.
 */

async function behave(behavior: StrayBehavior, protect: (value: string) => void): Promise<void> {
  if (behavior !== 'print before it is known') protect(SECRET);
  switch (behavior) {
    case 'print before it is known':
      console.log(`before: ${SECRET}`);
      console.error('before:', SECRET);
      return protect(SECRET);
    case 'print when it is known':
      console.log(`after: ${SECRET}`);
      process.stderr.write(`after: ${SECRET}`);
      return;
    case 'print in pieces':
      for (let at = 0; at < SECRET.length; at += 7)
        process.stdout.write(Buffer.from(SECRET.slice(at, at + 7)));
      return;
    case 'print a long line':
      // Lines of the log are cut at 2,000 characters, here in the middle of the secret.
      protect(PLANTED_LINES[1]);
      console.log(`${'x'.repeat(1990)}${PLANTED_LINES[1]}`);
      return;
    case 'print too much':
      process.stdout.write(`${'x'.repeat(64 * 1024 - 30)}${SECRET}`);
      return;
    case 'warn':
      process.emitWarning(`a warning with ${SECRET}`, 'PlantedWarning');
      return await new Promise((resolve) => setImmediate(resolve));
    case 'throw':
      setImmediate(() => {
        throw new Error(`thrown with ${SECRET}`);
      });
      return await new Promise(() => undefined);
    case 'write to the descriptor':
      writeSync(1, `past the stream: ${SECRET}`);
      writeSync(2, `FATAL ERROR: ${SECRET}`);
      return;
    case 'run out of memory': {
      const kept: string[][] = [];
      for (;;)
        kept.push(
          Array.from({ length: 1000 }, (_, index) => `${index} ${SECRET}`.split('').join('')),
        );
    }
    case 'abort':
      writeSync(2, SECRET);
      return process.abort();
    case 'print something harmless':
      console.warn('a dependency warns: deprecated option');
  }
}

const connector: Connector = {
  type: 'Salesforce',
  secretFields: [],
  endpoints: () => [],
  ownNames: () => [],
  jobs: jobsOf({
    metadata: async function* ({ workflow, protect }) {
      await behave(workflow.source.serviceName as StrayBehavior, protect);
      yield* none();
    },
  }),
};

async function* none(): AsyncGenerator<never> {
  yield* await Promise.resolve([]);
}

runWorker(process, {
  clock: systemClock,
  random: systemRandom,
  disk: nodeDisk,
  connectors: [connector],
  output: [process.stdout, process.stderr],
  prepare: (_settings, redactor, createLog) => ({
    logger: createLog('info'),
    openAccess: () =>
      Promise.resolve({
        secrets: new Map(),
        connect: () => Promise.reject(new Error('there is no network here')),
        admitOrganization: () => Promise.resolve(),
        noteFailedSignIn: () => Promise.resolve(),
        protect: (value) => redactor.add(value),
        limits: {
          reservePercent: 20,
          maxApiCallsPerRun: undefined,
          counts: true,
          sampleRows: false,
          codeText: false,
          profile: false,
          owners: false,
        },
      }),
  }),
});
