import type { Mutant } from './mutant.ts';

/** Faults on the way of a run's results to OpenMetadata. */
export const RELAY_MUTANTS: readonly Mutant[] = [
  {
    name: 'write findings to OpenMetadata before the run has succeeded',
    edits: [
      {
        file: 'control-plane/src/openmetadata/runs/attempt-writer.ts',
        find: '(kind) => !isFinding(kind)',
        replace: '() => true',
      },
    ],
    tests: ['control-plane/test/openmetadata/relay.test.ts'],
  },
  {
    name: 'start a run before OpenMetadata has the results of the one before',
    edits: [
      {
        file: 'control-plane/src/runs/held-runs.ts',
        find: "if (status.state === 'waiting') held",
        replace: "if (status.state === 'failed') held",
      },
    ],
    tests: ['control-plane/test/openmetadata/interruptions.test.ts'],
  },
  {
    name: 'keep the mark of a catalog while a run is written',
    edits: [
      {
        file: 'control-plane/src/openmetadata/runs/writing.ts',
        find: '    await tx.relays.deleteMark(relay.endpoint, relay.service);\n',
        replace: '',
      },
    ],
    tests: ['control-plane/test/openmetadata/catalog-mark.test.ts'],
  },
  {
    name: 'pass on what a runner says about other services',
    edits: [
      {
        file: 'control-plane/src/openmetadata/runs/relay-records.ts',
        find: ' || !canWrite(service, record)',
        replace: '',
      },
    ],
    tests: ['control-plane/test/openmetadata/relay.test.ts'],
  },
  {
    name: 'end a run at OpenMetadata although records did not arrive',
    edits: [
      {
        file: 'control-plane/src/openmetadata/runs/writing.ts',
        find: '  if (isSuccess(run)) throwPassing(report, lastTry);\n',
        replace: '',
      },
    ],
    tests: ['control-plane/test/openmetadata/relay.test.ts'],
  },
  {
    name: 'cut off the last interim status',
    edits: [
      {
        file: 'control-plane/src/openmetadata/runs/supervisor.ts',
        find: 'else await this.#report(run, signal);',
        replace: 'else await this.#report(run, over);',
      },
    ],
    tests: ['control-plane/test/openmetadata/kill.test.ts'],
  },
];
