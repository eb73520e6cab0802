import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newKey } from './fake-runner.ts';
import { client } from './stage.ts';
import { stage, useApi } from './api-stage.ts';

useApi();

describe('enrollment', () => {
  const request = (token: string, publicKey = newKey().publicKey) => ({
    token,
    publicKey,
    name: 'edge',
    version: '0.1.0',
    platform: 'linux',
  });
  const mint = async (body: object = {}) =>
    (await stage.api.post('/api/v1/enrollment-tokens', body)).body as {
      token: string;
      expiresAt: number;
    };
  const enroll = (body: object) => client(stage, undefined).post('/runner/v1/enroll', body);

  it('exchanges a token for an identity once', async () => {
    const { token, expiresAt } = await mint();
    expect(expiresAt - Date.now()).toBeGreaterThan(1_790_000);
    const answer = await enroll(request(token));
    expect(answer).toMatchObject({
      status: 201,
      body: { name: 'edge', runnerId: expect.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/) },
    });
    expect(await enroll(request(token))).toMatchObject({
      status: 403,
      body: { error: { code: 'ENROLLMENT_REFUSED', remedy: expect.any(String) } },
    });
  });

  it('grants one identity when many use a token at the same time', async () => {
    const { token } = await mint({ name: 'named by the token' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => enroll(request(token))));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201, 403, 403, 403, 403, 403, 403, 403,
    ]);
    expect(answers.find(({ status }) => status === 201)?.body.name).toBe('named by the token');
  });

  it('rejects an unknown and an expired token with the same message', async () => {
    const { token } = await mint({ ttlSeconds: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const [expired, unknown] = [await enroll(request(token)), await enroll(request('hre_guess'))];
    expect(expired.status).toBe(403);
    expect(expired.body).toEqual(unknown.body);
  });

  it('rejects an invalid public key', async () => {
    const { token } = await mint();
    expect(await enroll(request(token, Buffer.alloc(31).toString('base64')))).toMatchObject({
      status: 400,
      body: { error: { code: 'INPUT_INVALID' } },
    });
    expect((await enroll(request(token))).status).toBe(201);
  });

  it('stores tokens as hashes in a private file', async () => {
    const { token } = await mint();
    const files = ['store.sqlite', 'store.sqlite-wal']
      .map((name) => readFileSync(join(stage.data, name)).toString('latin1'))
      .join('');
    expect(files).not.toContain(token);
    expect(statSync(join(stage.data, 'store.sqlite')).mode & 0o777).toBe(0o600);
  });
});
