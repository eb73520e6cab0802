import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProviders, type ProviderSettings } from './providers.ts';
import { openVault } from './vault/vault.ts';

const signal = new AbortController().signal;
const env = {
  HYBRID_SECRET_SHARED: 'environment value',
  HYBRID_SECRET_ONLY__ENV: 'only environment',
};
let directory: string;
let settings: ProviderSettings;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'providers-'));
  settings = {
    vault: { file: join(directory, 'vault.json'), keyFile: join(directory, 'vault.key') },
    files: { directory: join(directory, 'files') },
    environment: { enabled: true },
    mounts: [],
  };
  mkdirSync(join(directory, 'files'));
  writeFileSync(join(directory, 'files/shared'), 'file value');
  writeFileSync(join(directory, 'files/only-file'), 'only file');
  await openVault(settings.vault).set(['shared'], 'vault value', signal);
});
afterEach(() => rmSync(directory, { recursive: true }));

const read = async (given: ProviderSettings, ...path: string[]): Promise<string | undefined> =>
  (await createProviders(given, env).read(path, signal))?.reveal();

describe('the providers together', () => {
  it('are asked in order: vault, files, environment', async () => {
    expect([
      await read(settings, 'shared'),
      await read(settings, 'only-file'),
      await read(settings, 'only', 'env'),
      await read(settings, 'none'),
    ]).toEqual(['vault value', 'only file', 'only environment', undefined]);
  });

  it('are left out when they are not configured', async () => {
    const vaultOnly: ProviderSettings = { ...settings, files: {}, environment: { enabled: false } };
    expect([
      await read(vaultOnly, 'shared'),
      await read(vaultOnly, 'only-file'),
      await read(vaultOnly, 'only', 'env'),
    ]).toEqual(['vault value', undefined, undefined]);
  });

  it('below a mount are one provider alone, without the prefix; the longest prefix wins', async () => {
    const mounted: ProviderSettings = {
      ...settings,
      mounts: [
        { prefix: '/k8s', provider: 'files' },
        { prefix: '/k8s/env', provider: 'environment' },
      ],
    };
    expect([
      await read(mounted, 'k8s', 'shared'),
      await read(mounted, 'k8s', 'env', 'shared'),
      await read(mounted, 'shared'),
      await read(mounted, 'k8s', 'only', 'env'),
      await read(mounted, 'k8s'),
    ]).toEqual(['file value', 'environment value', 'vault value', undefined, undefined]);
  });

  it('are reached below their mount alone, so that no secret has two references', async () => {
    const mounted: ProviderSettings = {
      ...settings,
      mounts: [{ prefix: '/k8s', provider: 'files' }],
    };
    expect([await read(mounted, 'k8s', 'only-file'), await read(mounted, 'only-file')]).toEqual([
      'only file',
      undefined,
    ]);
    const twice = [
      { prefix: '/a', provider: 'files' },
      { prefix: '/b', provider: 'files' },
    ] as const;
    expect(() => createProviders({ ...settings, mounts: twice }, env)).toThrow(/two references/);
  });

  it('refuse a mount of a provider that is not configured', () => {
    expect(() =>
      createProviders(
        { ...settings, files: {}, mounts: [{ prefix: '/k8s', provider: 'files' }] },
        env,
      ),
    ).toThrow(/not configured/);
  });

  it('do not hide a damaged vault behind the next provider', async () => {
    writeFileSync(settings.vault.file, '{}');
    await expect(read(settings, 'only-file')).rejects.toMatchObject({ code: 'VAULT_DAMAGED' });
  });
});
