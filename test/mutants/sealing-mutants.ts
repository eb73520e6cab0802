import type { Mutant } from './mutant.ts';

/** Faults of sealed keys. */
export const SEALING_MUTANTS: readonly Mutant[] = [
  {
    name: 'accept a plain key in the place of a sealed one',
    edits: [
      {
        file: 'src/sealing/sealed.ts',
        find: "if (!isSealed(stored)) throw new RunnerError('NOT_SEALED', `${path} is not sealed`);",
        replace: 'if (!isSealed(stored)) return stored.toString();',
      },
    ],
    tests: [
      'src/sealing/sealed.test.ts',
      'src/link/enrollment/sealed-identity.test.ts',
      'src/secrets/vault/sealed-key.test.ts',
    ],
  },
  {
    name: 'use a sealed file for another purpose',
    edits: [
      {
        file: 'src/sealing/sealed.ts',
        find: 'if (head.purpose !== this.#purpose)',
        replace: "if (head.purpose === ('' as string))",
      },
      {
        file: 'src/sealing/sealed.ts',
        find: 'key: derivedKey(root, this.#purpose, SEALING_KEY_BYTES)',
        replace: "key: derivedKey(root, 'all', SEALING_KEY_BYTES)",
      },
    ],
    tests: ['src/sealing/sealed.test.ts'],
  },
  {
    name: 'leave the header of a sealed file without authentication',
    edits: [
      {
        file: 'src/sealing/sealed.ts',
        find: 'return Buffer.from(`${SEALED_HEAD}${canonicalJson(head)}`);',
        replace: 'return Buffer.from(`${SEALED_HEAD}${head.keyId}`);',
      },
      {
        file: 'src/sealing/sealed.ts',
        find: 'key: derivedKey(root, this.#purpose, SEALING_KEY_BYTES)',
        replace: "key: derivedKey(root, 'all', SEALING_KEY_BYTES)",
      },
    ],
    tests: ['src/sealing/sealed.test.ts'],
  },
  {
    name: 'accept any cost in the header of a sealed file',
    edits: [
      {
        file: 'src/sealing/sealed.ts',
        find: 'r: z.literal(8)',
        replace: 'r: z.int()',
      },
    ],
    tests: ['src/sealing/sealed.test.ts'],
  },
  {
    name: 'write the next key of a sealed identity in the open',
    edits: [
      {
        file: 'src/link/enrollment/rotating-identity.ts',
        find: 'await seal.close(exportKey(key))',
        replace: 'exportKey(key)',
      },
    ],
    tests: ['src/link/enrollment/sealed-identity.test.ts'],
  },
  {
    name: 'write the next key of a sealed vault in the open',
    edits: [
      {
        file: 'src/secrets/vault/store.ts',
        find: 'replaceKeyFile(this.#place.keyFile, fresh, random, seal)',
        replace: 'replaceKeyFile(this.#place.keyFile, fresh, random)',
      },
    ],
    tests: ['src/secrets/vault/sealed-key.test.ts'],
  },
  {
    name: 'leave a plain key that a killed process has left beside a sealed one',
    edits: [
      {
        file: 'src/link/enrollment/convert-keys.ts',
        find: 'await removeFile(disk, `${path}.new`);',
        replace: '',
      },
    ],
    tests: ['src/link/enrollment/sealed-identity.test.ts'],
  },
];
