import { expect, it } from 'vitest';
import { newSigningKey } from '../../../test/support/signed-jobs.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { parsePolicy } from '../parse-policy.ts';
import { keyIdOf } from './key-id.ts';

const { publicKey } = newSigningKey();
const other = newSigningKey().publicKey;
const key = { name: 'operations', publicKey };

function parse(jobs: object) {
  const text = JSON.stringify({ version: 1, jobs });
  return parsePolicy(text, { file: 'policy.yaml', connectors: [] }).signing;
}

function problemOf(jobs: object): string {
  try {
    parse(jobs);
    return 'none';
  } catch (thrown) {
    return RunnerError.from(thrown).message;
  }
}

it('requires no signature unless the policy says so', () => {
  expect(parse({})).toEqual({ mode: 'off', keys: [], pools: [] });
});

it('has keys with their ids and limits', () => {
  const limits = { notAfter: '2027-01-01T00:00:00+01:00', pools: ['eu-west'], services: ['crm'] };
  expect(parse({ signatures: 'warn', keys: [{ ...key, ...limits }], pools: ['eu-west'] })).toEqual({
    mode: 'warn',
    pools: ['eu-west'],
    keys: [
      {
        ...key,
        ...limits,
        id: keyIdOf(publicKey),
        notBefore: undefined,
        notAfter: Date.parse('2026-12-31T23:00:00Z'),
      },
    ],
  });
});

/** RFC 8037, appendix A.3. */
it('names a key by the thumbprint of its JWK', () => {
  expect(keyIdOf('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo')).toBe(
    'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  );
});

it.each([
  [{ signatures: 'required' }, 'jobs.keys: must have a key'],
  [{ signatures: 'yes' }, 'jobs.signatures'],
  [{ keys: [{ ...key, publicKey: `${publicKey}=` }] }, 'jobs.keys[0].publicKey: is not the public'],
  [{ keys: [{ ...key, publicKey: 'AAAA' }] }, 'jobs.keys[0].publicKey'],
  [{ keys: [key, { name: 'operations', publicKey: other }] }, 'two keys have the same name'],
  [{ keys: [key, { name: 'second', publicKey }] }, 'two keys have the same publicKey'],
  [{ keys: [{ ...key, notAfter: 'tomorrow' }] }, 'jobs.keys[0].notAfter: write a time'],
  [
    { keys: [{ ...key, notBefore: '2027-01-02T00:00:00Z', notAfter: '2027-01-01T00:00:00Z' }] },
    'jobs.keys[0].notAfter: must be after notBefore',
  ],
  [{ keys: [{ ...key, pool: 'eu' }] }, 'jobs.keys[0]'],
])('rejects %j', (jobs, problem) => {
  expect(problemOf(jobs)).toContain(problem);
});
