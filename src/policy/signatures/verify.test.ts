import { createHmac, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  compact,
  HOUR_S,
  newSigningKey,
  NOW,
  ruleOf,
  rulesOf,
  signFor,
  statementOf,
} from '../../../test/support/signed-jobs.ts';
import type { JobKind } from '../../../foundation/src/domain/job.ts';
import { canonicalJson } from '../../../foundation/src/runtime/canonical-json.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { signStatement } from './sign.ts';
import type { SigningKey, SigningRules } from './signing-rules.ts';
import { verifyJob } from './verify.ts';

const KEY = newSigningKey();
const OWN = 'a'.repeat(64);
const DOCUMENT = {
  source: {
    type: 'salesforce',
    serviceName: 'crm',
    serviceConnection: {
      config: {
        type: 'Salesforce',
        username: 'runner@acme.example',
        password: 'secret:/salesforce/prod/password',
        salesforceDomain: 'acme.my',
        sobjectNames: Array.from({ length: 200 }, (_, index) => `Object${index}__c`),
      },
    },
    sourceConfig: { config: { type: 'DatabaseMetadata', includeOwners: true, threads: 0 } },
  },
  sink: { type: 'metadata-rest', config: {} },
  workflowConfig: { loggerLevel: 'INFO' },
  ingestionPipelineFQN: 'crm.nightly',
  pipelineRunId: 'run_1',
};
const ODD_RUN_ID = { ...DOCUMENT, pipelineRunId: { a: 1 } };
const HOUR_MS = HOUR_S * 1_000;
const STRANGER = newSigningKey();
const forRunner = (name: string): string => signFor(KEY, DOCUMENT, { aud: [`runner:${name}`] });
const STATEMENT = statementOf(DOCUMENT);
const SIGNATURE = signStatement(STATEMENT, KEY.key);

interface Case {
  readonly signature?: string | undefined;
  readonly document?: unknown;
  readonly kind?: JobKind;
  readonly rules?: Partial<SigningRules>;
  readonly key?: Partial<SigningKey>;
  readonly fingerprint?: string;
  readonly now?: number;
}

function verify(given: Case = {}): unknown {
  const job = { kind: 'metadata' as JobKind, document: DOCUMENT, signature: SIGNATURE, ...given };
  const rules = rulesOf([ruleOf(KEY, given.key)], given.rules);
  const { fingerprint = OWN, now = NOW } = given;
  return verifyJob(job, { rules, fingerprint, now });
}

/** The code of the rejection, with its message. */
function refusal(given: Case): { readonly code: string; readonly message: string } {
  try {
    verify(given);
  } catch (thrown) {
    const { code, message } = RunnerError.from(thrown);
    return { code, message };
  }
  return { code: 'accepted', message: '' };
}

describe('a signed job', () => {
  it('is accepted, and its key named', () => {
    const found = { key: 'operations', keyId: ruleOf(KEY).id, name: 'nightly run' };
    expect(verify()).toEqual({ ...found, endsAt: NOW + HOUR_S * 1_000 });
    expect(verify({ key: { notAfter: NOW + 1 } })).toEqual({ ...found, endsAt: NOW + 1 });
  });

  it('is accepted again within its validity, for another run', () => {
    const later = { ...DOCUMENT, pipelineRunId: '5f0c5a3e-8a4e-4a51-9d1f-0a1b2c3d4e5f' };
    expect(refusal({ document: later, now: NOW + 1_000 }).code).toBe('accepted');
  });

  it('is accepted for this runner, whatever its pools', () => {
    const signature = signFor(KEY, DOCUMENT, { aud: [`runner:${OWN}`] });
    expect(refusal({ signature, rules: { pools: [] } }).code).toBe('accepted');
  });

  it.each([
    ['JOB_UNSIGNED', 'it has no signature', { signature: undefined }],
    ['JOB_UNSIGNED', 'its signature is empty', { signature: '' }],
    ['JOB_KEY_UNKNOWN', 'another key has signed it', { signature: signFor(STRANGER, DOCUMENT) }],
    ['JOB_KEY_UNKNOWN', 'its key was removed from the policy', { rules: { keys: [] } }],
    ['JOB_SIGNATURE_EARLY', 'it is replayed before its validity', { now: NOW - 2 * HOUR_MS }],
    ['JOB_SIGNATURE_EXPIRED', 'it is replayed after its validity', { now: NOW + HOUR_MS }],
    ['JOB_KEY_NOT_PERMITTED', 'its key has ended', { key: { notAfter: NOW } }],
    ['JOB_KEY_NOT_PERMITTED', 'its key has not begun', { key: { notBefore: NOW + 1 } }],
    ['JOB_KEY_NOT_PERMITTED', 'the service is another', { key: { services: ['erp', 'cr'] } }],
    ['JOB_KEY_NOT_PERMITTED', 'the pool is another', { key: { pools: ['us-east'] } }],
    ['JOB_AUDIENCE_OTHER', 'it is for another pool', { rules: { pools: ['us-east'] } }],
    ['JOB_AUDIENCE_OTHER', 'it is for another runner', { signature: forRunner('b'.repeat(64)) }],
    ['JOB_AUDIENCE_OTHER', 'it is for an assigned id', { signature: forRunner('rnr_1') }],
    ['JOB_CONTENT_DIFFERS', 'its kind is another', { kind: 'test_connection' as const }],
    ['JOB_CONTENT_DIFFERS', 'its document is a list', { document: [DOCUMENT] }],
    ['JOB_CONTENT_DIFFERS', 'its run id is an object', { document: ODD_RUN_ID }],
  ])('is rejected with %s if %s', (code, _what, given: Case) => {
    expect(refusal(given).code).toBe(code);
  });

  it.each([['crm'], ['c*'], ['*']])('may be of a service that its key covers (%s)', (pattern) => {
    expect(refusal({ key: { services: ['other', pattern] } }).code).toBe('accepted');
  });

  it('names the place of a difference, and never a value', () => {
    const document = structuredClone(DOCUMENT);
    document.source.serviceConnection.config.salesforceDomain = 'evil.my';
    expect(refusal({ document }).message).toBe(
      'the job differs from what was signed, at source.serviceConnection.config.salesforceDomain',
    );
    expect(refusal({ document: { ...DOCUMENT, 'evil value': 1 } }).message).toMatch(/, at \?$/);
  });
});

/** Every way to change one leaf of a value, to add a field and to remove one. */
function* mutations(value: unknown): Generator {
  if (typeof value !== 'object' || value === null) {
    yield* [`${String(value)}x`, null, 0.5, [value], { value }, typeof value !== 'boolean'].filter(
      (other) => other !== value,
    );
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    for (const changed of mutations(member))
      yield Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed };
    yield Array.isArray(value)
      ? value.toSpliced(Number(key), 1)
      : Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  }
  yield Array.isArray(value) ? [...value, 'added'] : { ...value, added: true };
}

describe('a changed job', () => {
  const { pipelineRunId: _runId, ...content } = DOCUMENT;

  it('is rejected with any leaf of its document changed, added or removed', () => {
    const changed = [...mutations(content)];
    expect(changed.length).toBeGreaterThan(1_000);
    const codes = changed.map((document) => refusal({ document }).code);
    expect(new Set(codes)).toEqual(new Set(['JOB_CONTENT_DIFFERS']));
  });

  it('is rejected with any leaf of what was signed changed, added or removed', () => {
    const [header = '', , tail = ''] = SIGNATURE.split('.');
    const changed = [...mutations(STATEMENT)];
    expect(changed.length).toBeGreaterThan(1_000);
    const codes = changed.map((statement) => {
      const body = Buffer.from(canonicalJson(statement)).toString('base64url');
      return refusal({ signature: `${header}.${body}.${tail}` }).code;
    });
    expect(new Set(codes)).toEqual(new Set(['JOB_SIGNATURE_WRONG']));
  });

  it('is rejected with any character of its signature changed', () => {
    const codes = Array.from(SIGNATURE, (character, index) => {
      const other = character === 'A' ? 'B' : 'A';
      return refusal({ signature: SIGNATURE.slice(0, index) + other + SIGNATURE.slice(index + 1) })
        .code;
    });
    expect(codes).not.toContain('accepted');
    expect(codes).not.toContain('INTERNAL');
  });
});

describe('a downgraded signature', () => {
  const header = { alg: 'EdDSA', kid: ruleOf(KEY).id, typ: 'hybrid-runner-job' };
  const payload = canonicalJson(STATEMENT);
  const honest = (input: Buffer): Buffer => sign(null, input, KEY.key);
  const hmac = (input: Buffer): Buffer =>
    createHmac('sha512', Buffer.from(KEY.publicKey, 'base64url')).update(input).digest();

  it.each([
    ['JOB_SIGNATURE_ALGORITHM', 'none', { ...header, alg: 'none' }, (): Buffer => Buffer.alloc(64)],
    ['JOB_SIGNATURE_ALGORITHM', 'HS512', { ...header, alg: 'HS512' }, hmac],
    ['JOB_SIGNATURE_ALGORITHM', 'Ed25519', { ...header, alg: 'Ed25519' }, honest],
    ['JOB_SIGNATURE_ALGORITHM', 'no algorithm', { kid: header.kid, typ: header.typ }, honest],
    ['JOB_SIGNATURE_FIELD', 'a key in the header', { ...header, jwk: { kty: 'OKP' } }, honest],
    ['JOB_SIGNATURE_FIELD', 'crit', { ...header, crit: ['b64'], b64: false }, honest],
    ['JOB_SIGNATURE_MALFORMED', 'another type', { ...header, typ: 'JWT' }, honest],
    ['JOB_SIGNATURE_MALFORMED', 'no key', { alg: 'EdDSA', typ: header.typ }, honest],
    ['JOB_SIGNATURE_MALFORMED', 'a list as header', [header], honest],
    ['JOB_SIGNATURE_WRONG', 'a signature of zeros', header, (): Buffer => Buffer.alloc(64)],
  ])('is rejected with %s: %s', (code, _what, changed, signer) => {
    expect(refusal({ signature: compact(changed, payload, signer) }).code).toBe(code);
  });

  it.each([
    ['JOB_SIGNATURE_FIELD', 'an unknown field', canonicalJson({ ...STATEMENT, maxRuns: 1 })],
    ['JOB_SIGNATURE_MALFORMED', 'a missing field', canonicalJson({ ...STATEMENT, exp: undefined })],
    ['JOB_SIGNATURE_MALFORMED', 'a text that is not canonical', JSON.stringify(STATEMENT, null, 1)],
    ['JOB_SIGNATURE_MALFORMED', 'no JSON', 'metadata'],
    ['JOB_SIGNATURE_MALFORMED', 'a field twice', `{"exp":9999999999,${payload.slice(1)}`],
  ])('is rejected with %s: %s, signed by a trusted key', (code, _what, text) => {
    expect(refusal({ signature: compact(header, text, honest) }).code).toBe(code);
  });

  it.each([
    ['two parts', SIGNATURE.split('.').slice(0, 2).join('.')],
    ['four parts', `${SIGNATURE}.x`],
    ['padding', `${SIGNATURE}==`],
    ['a space', `${SIGNATURE} `],
    ['no signature', SIGNATURE.replace(/[^.]+$/, '')],
    ['too much text', `${'A'.repeat(400_001)}.e30.e30`],
  ])('is rejected with JOB_SIGNATURE_MALFORMED: %s', (_what, signature) => {
    expect(refusal({ signature }).code).toBe('JOB_SIGNATURE_MALFORMED');
  });
});
