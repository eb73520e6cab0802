import type { Mutant } from './mutant.ts';

const KEYS = 'control-plane/src/runners/identity-keys.ts';
const HEADS = 'control-plane/src/runners/audit-heads.ts';

/** Faults of keys that replace themselves, and of what the control plane does with signed heads. */
export const IDENTITY_MUTANTS: readonly Mutant[] = [
  {
    name: 'accept a new identity key that does not sign for itself',
    edits: [
      {
        file: KEYS,
        find: 'isSignedBy(nextPublicKey, message, proposal.proof)',
        replace: 'proposal.proof.length > 0',
      },
    ],
    tests: ['control-plane/test/identity-keys.test.ts'],
  },
  {
    name: 'end the present identity key before the new one is used',
    edits: [
      {
        file: KEYS,
        find: 'await tx.runners.save({ ...runner, nextPublicKey })',
        replace: 'await tx.runners.save({ ...runner, publicKey: nextPublicKey })',
      },
    ],
    tests: ['control-plane/test/identity-keys.test.ts'],
  },
  {
    name: 'leave the earlier identity key valid',
    edits: [
      {
        file: KEYS,
        find: 'publicKey: key, nextPublicKey: null,',
        replace: 'publicKey: key, nextPublicKey: runner.publicKey,',
      },
    ],
    tests: ['control-plane/test/identity-keys.test.ts'],
  },
  {
    name: 'raise no alarm about an audit trail that ends earlier',
    edits: [
      {
        file: HEADS,
        find: 'if (head.number < number)',
        replace: 'if (head.number < 0)',
      },
    ],
    tests: ['control-plane/test/audit-heads.test.ts'],
  },
  {
    name: 'move an enrolled key before the settings name it',
    edits: [
      {
        file: 'src/link/enrollment/enroll.ts',
        find: 'store.write(settings);\n',
        replace: 'await completeEnrollment(disk, stateDir);\n    store.write(settings);\n',
      },
    ],
    tests: ['src/link/enrollment/interrupted-enrollment.test.ts'],
  },
  {
    name: 'enroll again over the only file of a key in force',
    edits: [
      {
        file: 'src/link/enrollment/enrolled-key.ts',
        find: 'if (settings === undefined) return;',
        replace: 'return;',
      },
    ],
    tests: ['src/link/enrollment/interrupted-enrollment.test.ts'],
  },
  {
    name: 'let a key of the identity before become one of the next identity',
    edits: [
      {
        file: 'src/link/enrollment/enrolled-key.ts',
        find: 'for (const path of [next, previous, historyPath(stateDir)])',
        replace: 'for (const path of [previous, historyPath(stateDir)])',
      },
    ],
    tests: ['src/link/enrollment/interrupted-enrollment.test.ts'],
  },
  {
    name: 'take a damaged history of identity keys for none',
    edits: [
      {
        file: 'src/link/enrollment/key-history.ts',
        find: "throw new RunnerError('FILE_UNREADABLE'",
        replace: "return [];\n    throw new RunnerError('FILE_UNREADABLE'",
      },
    ],
    tests: ['src/link/enrollment/rotating-identity.test.ts'],
  },
];
