import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { providerDeps } from '../../test/support/provider-deps.ts';
import { secretSettingsSchema } from './providers/registry.ts';
import { storedSecrets } from './stored-secrets.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'stored-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const signal = new AbortController().signal;

function settings(mounts: readonly object[] = []): ReturnType<typeof secretSettingsSchema.parse> {
  const vault = { file: join(directory, 'vault'), keyFile: join(directory, 'key') };
  return secretSettingsSchema.parse({
    vault,
    files: { directory },
    environment: { enabled: false },
    mounts,
  });
}

function put(name: string, mode = 0o600): void {
  writeFileSync(join(directory, name), 'a value', { mode });
}

describe('the secrets of a provider', () => {
  it('have the references below its mount', async () => {
    put('token');
    const mounted = settings([{ prefix: '/k8s/run', provider: 'files' }]);
    expect(await storedSecrets('files', mounted, providerDeps(), signal)).toEqual([
      { path: ['k8s', 'run', 'token'] },
    ]);
  });

  it('are undefined when it is not enabled', async () => {
    expect(await storedSecrets('environment', settings(), providerDeps(), signal)).toBeUndefined();
  });

  it('come with an error when they are there but cannot be read', async () => {
    put('a.b');
    mkdirSync(join(directory, 'a'));
    put('a/b');
    expect(await storedSecrets('files', settings(), providerDeps(), signal)).toMatchObject([
      { path: ['a', 'b'], error: { code: 'SECRET_UNAVAILABLE' } },
    ]);
  });

  it('are found once in a volume of Kubernetes, which links to a hidden directory', async () => {
    mkdirSync(join(directory, '..2026'));
    put('..2026/password');
    symlinkSync('..2026', join(directory, '..data'));
    symlinkSync('..data/password', join(directory, 'password'));
    expect(await storedSecrets('files', settings(), providerDeps(), signal)).toEqual([
      { path: ['password'] },
    ]);
  });
});
