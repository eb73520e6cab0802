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
];
