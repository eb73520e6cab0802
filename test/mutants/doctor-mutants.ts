import type { Mutant } from './mutant.ts';

export const DOCTOR_MUTANTS: readonly Mutant[] = [
  {
    name: 'take a session for the trial of an identity',
    edits: [
      {
        file: 'src/link/connection/identity-trial.ts',
        find: 'const NO_PROTOCOL = 0;',
        replace: 'const NO_PROTOCOL = 1;',
      },
    ],
    tests: ['src/link/connection/identity-trial.test.ts'],
  },
  {
    name: 'connect to an address that the policy denies, to diagnose it',
    edits: [
      {
        file: 'src/doctor/inspect.ts',
        find: '{ checkAddress: target.checkAddress }',
        replace: '{}',
      },
    ],
    tests: ['src/doctor/broken-network.test.ts'],
  },
  {
    name: 'run a check after one that it needs has failed',
    edits: [
      {
        file: 'src/doctor/run-checks.ts',
        find: "const cause = status === 'fail' ? other.name : blockedBy;",
        replace: 'const cause = blockedBy;',
      },
    ],
    tests: ['src/doctor/run-checks.test.ts'],
  },
  {
    name: 'trust a certificate of a diagnosed server that has a problem',
    edits: [
      {
        file: 'src/doctor/look-at-tls.ts',
        find: 'problem: socket.authorized ? undefined : problemOf(socket),',
        replace: 'problem: undefined,',
      },
    ],
    tests: ['src/doctor/look-at-tls.test.ts', 'src/doctor/broken-network.test.ts'],
  },
];
