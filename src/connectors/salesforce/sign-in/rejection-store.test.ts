import { mkdtempSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, describe, it } from 'vitest';
import { createRejectionStore, type SentCredentials } from './rejection-store.ts';

function place(): string {
  return join(mkdtempSync(join(tmpdir(), 'rejections-')), 'refused-sign-ins');
}

const sent: SentCredentials = {
  endpoint: 'acme.my.salesforce.com:443',
  username: 'u@acme.com',
  versions: new Map([
    ['password', 'v1'],
    ['securityToken', 't1'],
  ]),
};

describe('createRejectionStore', () => {
  it('finds rejections after a restart, with fields in any order', async () => {
    const directory = place();
    const before = Date.now() - 2000;
    await createRejectionStore(directory).record(sent);
    const later = createRejectionStore(directory);
    const turned = {
      ...sent,
      username: 'U@Acme.com',
      versions: new Map([...sent.versions].toReversed()),
    };
    expect(await later.find(turned)).toBeGreaterThan(before);
  });

  it.each<[string, SentCredentials]>([
    [
      'another version of a secret',
      {
        ...sent,
        versions: new Map([
          ['password', 'v2'],
          ['securityToken', 't1'],
        ]),
      },
    ],
    [
      'another field more',
      { ...sent, versions: new Map([...sent.versions, ['consumerSecret', 'c']]) },
    ],
    ['another user', { ...sent, username: 'other@acme.com' }],
    ['another host', { ...sent, endpoint: 'login.salesforce.com:443' }],
  ])('does not take %s for them', async (_what, other) => {
    const store = createRejectionStore(place());
    await store.record(sent);
    expect(await store.find(other)).toBeUndefined();
  });

  it('stores neither user, host nor version, and is readable only by its owner', async () => {
    const directory = place();
    await createRejectionStore(directory).record(sent);
    const files = readdirSync(directory);
    expect(
      files.map((name) => [
        /^[0-9a-f]{64}$/.test(name),
        readFileSync(join(directory, name), 'utf8'),
        statSync(join(directory, name)).mode & 0o077,
      ]),
    ).toEqual([[true, '', 0]]);
    expect(statSync(directory).mode & 0o077).toBe(0);
  });

  it('forgets the oldest beyond 200', async () => {
    const directory = place();
    const store = createRejectionStore(directory);
    await store.record(sent);
    utimesSync(join(directory, readdirSync(directory)[0]!), 1, 1);
    for (let index = 0; index < 200; index++)
      await store.record({ ...sent, username: `u${index}` });
    expect(readdirSync(directory)).toHaveLength(200);
    expect(await store.find(sent)).toBeUndefined();
    expect(await store.find({ ...sent, username: 'u199' })).toBeDefined();
  });
});
