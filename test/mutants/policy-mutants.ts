import type { Mutant } from './mutant.ts';

const VERIFY = 'src/policy/signatures/verify.ts';
const TESTS = ['src/policy/signatures/verify.test.ts'];

export const POLICY_MUTANTS: readonly Mutant[] = [
  {
    name: 'take a job whose signature does not hold',
    edits: [
      {
        file: VERIFY,
        find: 'if (!verify(null, jws.input, parsePublicKey(key.publicKey)!, jws.signature))',
        replace: 'if (jws.signature === undefined)',
      },
    ],
    tests: TESTS,
  },
  {
    name: 'take a signature after it has expired',
    edits: [
      { file: VERIFY, find: 'if (now >= exp * 1_000)', replace: 'if (now >= exp * 1_000_000)' },
    ],
    tests: TESTS,
  },
  {
    name: 'compare only what is in both documents',
    edits: [
      {
        file: 'src/policy/signatures/differences.ts',
        find: 'if (!Object.hasOwn(signed, key) || !Object.hasOwn(offered, key)) return place;',
        replace: 'if (!Object.hasOwn(signed, key) || !Object.hasOwn(offered, key)) continue;',
      },
    ],
    tests: TESTS,
  },
  {
    name: 'let a worker run a job of a control plane without looking at its signature',
    edits: [
      {
        file: 'src/worker/compose.ts',
        find: "if (sinkUse === 'unused') await checkSignature",
        replace: "if (sinkUse === 'required') await checkSignature",
      },
    ],
    tests: ['src/worker/compose.signatures.test.ts'],
  },
  {
    name: 'accept an offer without looking at its signature',
    edits: [
      {
        file: 'src/policy/offer-check.ts',
        find: "if (rules.mode === 'required')",
        replace: "if (rules.mode === 'off')",
      },
    ],
    tests: ['src/policy/offer-check.test.ts'],
  },
  {
    name: 'give back all calls of a run that has died',
    edits: [
      {
        file: 'src/policy/run-quota.ts',
        find: 'run.reserved = Math.min(run.reserved, UNREPORTED_CALLS);',
        replace: 'run.reserved = 0;',
      },
    ],
    tests: ['src/policy/run-quota.test.ts'],
  },
  {
    name: 'make calls although none of them can be counted',
    edits: [
      {
        file: 'src/worker/call-reports.ts',
        find: 'while (this.#begun - this.#durable >= UNREPORTED_CALLS)',
        replace: 'while (this.#begun < this.#durable)',
      },
    ],
    tests: ['src/worker/call-reports.test.ts'],
  },
  {
    name: 'take a job that is signed for another runner',
    edits: [
      {
        file: VERIFY,
        find: 'if (aud.some((each) => own.includes(each)))',
        replace: 'if (aud !== own)',
      },
    ],
    tests: TESTS,
  },
  {
    name: 'change more of a policy than the rules that are added',
    edits: [
      {
        file: 'src/policy/proposals/amend.ts',
        find: 'if (isDeepStrictEqual(valuesOf(changed), expected))',
        replace: 'if (isDeepStrictEqual(valuesOf(changed), valuesOf(changed)) && expected)',
      },
    ],
    tests: ['src/policy/proposals/proposals.test.ts'],
  },
  {
    name: 'count a run only under the first of its rules',
    edits: [
      {
        file: 'src/policy/run-quota.ts',
        find: 'for (const key of new Set(limits.map(keyOf)))',
        replace: 'for (const key of limits.map(keyOf).slice(0, 1))',
      },
    ],
    tests: ['src/policy/run-quota.test.ts'],
  },
  {
    name: 'keep the reserved calls of a run that has ended',
    edits: [
      {
        file: 'src/worker/run-attempt.ts',
        find: 'await this.#calls?.end();',
        replace: '',
      },
    ],
    tests: ['src/worker/run-attempt.test.ts'],
  },
  {
    name: 'approve another rule than the one that was shown',
    edits: [
      {
        file: 'src/policy/proposals/proposals.ts',
        find: '.update(canonicalJson(rule))',
        replace: '.update(rule.ref)',
      },
    ],
    tests: ['src/policy/proposals/proposals.test.ts'],
  },
];
