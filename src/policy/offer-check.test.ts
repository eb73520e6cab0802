import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newSigningKey, NOW, signFor } from '../../test/support/signed-jobs.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { createOfferCheck, type OfferCheck } from './offer-check.ts';

const KEY = newSigningKey();
const DOCUMENT = { source: { serviceName: 'crm' } };
const JOB = { kind: 'metadata' as const, workflow: JSON.stringify(DOCUMENT) };

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'offer-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function check(jobs: object): Promise<OfferCheck> {
  const file = join(directory, 'policy.yaml');
  await writeFile(file, JSON.stringify({ version: 1, jobs }), { mode: 0o600 });
  const clock = { now: () => NOW };
  const policy = { file, connectors: [] };
  return createOfferCheck({ policy, fingerprint: 'f'.repeat(64), clock, audit: silentLogger });
}

const keys = [{ name: KEY.name, publicKey: KEY.publicKey }];

it('rejects an offer without a valid signature for good, if the policy requires one', async () => {
  const required = await check({ signatures: 'required', keys, pools: ['eu-west'] });
  expect(await required(JOB)).toMatchObject({ code: 'JOB_UNSIGNED', retryable: false });
  const signature = signFor(KEY, DOCUMENT);
  expect(await required({ ...JOB, signature })).toBeUndefined();
  expect(await required({ ...JOB, signature, workflow: '{"source":1}' })).toMatchObject({
    code: 'JOB_CONTENT_DIFFERS',
  });
  expect(await required({ ...JOB, signature, workflow: '{' })).toMatchObject({
    code: 'JOB_INVALID',
  });
});

it.each(['off', 'warn'])('takes an offer without a signature with %s', async (signatures) => {
  expect(await (await check({ signatures, keys }))(JOB)).toBeUndefined();
});

it('rejects an offer of a kind that is not listed before it looks at signatures', async () => {
  const other = await check({ kinds: ['test_connection'], signatures: 'required', keys });
  expect(await other(JOB)).toMatchObject({ code: 'POLICY_DENIED' });
});
