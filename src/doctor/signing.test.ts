import { expect, it } from 'vitest';
import { newSigningKey, NOW, ruleOf, rulesOf } from '../../test/support/signed-jobs.ts';
import type { SigningKey } from '../policy/signatures/signing-rules.ts';
import { signingFindings } from './signing.ts';

const DAY = 86_400_000;
const KEY = newSigningKey();

const about = (limits: Partial<SigningKey>, events: readonly object[] = []): readonly string[] =>
  signingFindings(rulesOf([ruleOf(KEY, limits)]), events, NOW).map(
    ({ status, subject, detail }) => `${status} ${subject}: ${detail}`,
  );

const seen = (until: number, change: object = {}): object => ({
  event: 'jobSignature',
  decision: 'allow',
  kind: 'metadata',
  keyId: ruleOf(KEY).id,
  name: 'crm',
  until: new Date(until).toISOString(),
  ...change,
});

it('says nothing where no job needs a signature', () => {
  expect(signingFindings({ mode: 'off', keys: [], pools: [] }, [], NOW)).toEqual([]);
});

it('is content with keys and signatures that last', () => {
  expect(about({ notAfter: NOW + 31 * DAY }, [seen(NOW + 31 * DAY)])).toEqual([
    'pass jobs.signatures: required; valid keys: 1 of 1',
  ]);
});

it('warns of a key within 30 days of its end', () => {
  expect(about({ notAfter: NOW + 29 * DAY })).toContain(
    'warn key operations: ends on 2027-02-13, and all its signatures with it',
  );
});

it('fails when every job is rejected because the last key has ended', () => {
  expect(about({ notAfter: NOW })).toEqual([
    'fail jobs.signatures: required; valid keys: 0 of 1: every job is rejected',
    'warn key operations: ended on 2027-01-15, and all its signatures with it',
  ]);
});

it('warns of a signature within 30 days of its end, as long as it has seen no newer one', () => {
  const ending = [seen(NOW + 2 * DAY), seen(NOW + 29 * DAY, { kind: 'test_connection' })];
  expect(about({}, ending).slice(1)).toEqual([
    'warn signature "crm": for metadata ends on 2027-01-17',
    'warn signature "crm": for test_connection ends on 2027-02-13',
  ]);
  expect(about({}, [seen(NOW + 90 * DAY), ...ending]).slice(1)).toHaveLength(1);
});

it('says nothing about signatures of a key that was removed, or that were rejected', () => {
  const events = [seen(NOW, { keyId: 'other' }), seen(NOW, { decision: 'deny' }), { event: 'x' }];
  expect(about({}, events)).toHaveLength(1);
});
