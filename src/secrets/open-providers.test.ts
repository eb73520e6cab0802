import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { providerDeps } from '../../test/support/provider-deps.ts';
import { MANAGER_TYPES, MANAGERS } from './managers/registry.ts';
import { openProviders } from './open-providers.ts';
import type { ProviderDeps } from './providers/provider-kind.ts';
import {
  secretDirectories,
  secretSettingsSchema,
  type ProviderName,
  type SecretSettings,
  PROVIDER_NAMES,
} from './providers/registry.ts';
import { openVault } from './vault/vault.ts';

const signal = new AbortController().signal;
const env = {
  HYBRID_SECRET_SHARED: 'environment value',
  HYBRID_SECRET_ONLY__ENV: 'only environment',
};
let directory: string;
let settings: SecretSettings;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'providers-'));
  settings = secretSettingsSchema.parse({
    vault: { file: join(directory, 'vault.json'), keyFile: join(directory, 'vault.key') },
    files: { directory: join(directory, 'files') },
    environment: { enabled: true },
    mounts: [],
  });
  mkdirSync(join(directory, 'files'));
  writeFileSync(join(directory, 'files/shared'), 'file value');
  writeFileSync(join(directory, 'files/only-file'), 'only file');
  await openVault(settings.vault).set(['shared'], 'vault value', signal);
});
afterEach(() => rmSync(directory, { recursive: true }));

async function read(using: SecretSettings, ...path: string[]): Promise<string | undefined> {
  const provider = await openProviders(using, providerDeps({ env }));
  return (await provider.read(path, signal))?.reveal();
}

describe('all providers as one', () => {
  it('look a reference up in order: vault, files, environment', async () => {
    expect([
      await read(settings, 'shared'),
      await read(settings, 'only-file'),
      await read(settings, 'only', 'env'),
      await read(settings, 'none'),
    ]).toEqual(['vault value', 'only file', 'only environment', undefined]);
  });

  it('skip a provider that is not configured', async () => {
    const vaultOnly: SecretSettings = {
      ...settings,
      files: { directory: undefined },
      environment: { enabled: false },
    };
    expect([
      await read(vaultOnly, 'shared'),
      await read(vaultOnly, 'only-file'),
      await read(vaultOnly, 'only', 'env'),
    ]).toEqual(['vault value', undefined, undefined]);
  });

  it('read below a mount from its provider only, without the prefix; the longest prefix wins', async () => {
    const mounted: SecretSettings = {
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

  it('read a mounted provider only below its mount, so that no secret has two references', async () => {
    const mounted: SecretSettings = {
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
    await expect(read({ ...settings, mounts: twice })).rejects.toThrow(/two references/);
  });

  it('reject a mount of a provider that is not configured', async () => {
    await expect(
      read({
        ...settings,
        files: { directory: undefined },
        mounts: [{ prefix: '/k8s', provider: 'files' }],
      }),
    ).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('not configured') as string,
    });
  });

  it('reject a mount of an unknown provider', async () => {
    const mounts = [{ prefix: '/k8s', provider: 'consul' as ProviderName }];
    await expect(read({ ...settings, mounts })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('unknown provider "consul"') as string,
      remedy: `Use one of ${[...PROVIDER_NAMES, ...MANAGER_TYPES].join(', ')}.`,
    });
  });

  it('do not skip a damaged vault', async () => {
    writeFileSync(settings.vault.file, '{}');
    await expect(read(settings, 'only-file')).rejects.toMatchObject({ code: 'VAULT_DAMAGED' });
  });
});

describe('a secret manager', () => {
  const unusable = {
    prefix: '/broken',
    provider: 'command',
    command: ['/nowhere/at-all', '{name}'],
  };

  it('is opened when it is used, so that another one cannot fail a job', async () => {
    const real = MANAGERS.command.mount;
    const open = vi.spyOn(MANAGERS.command, 'mount').mockImplementation((written) => ({
      ...real(written),
      open: async () => Promise.reject(new Error('this part of the program is missing')),
    }));
    onTestFinished(() => open.mockRestore());
    const mounted = secretSettingsSchema.parse({ ...settings, mounts: [unusable] });
    expect(await read(mounted, 'shared')).toBe('vault value');
    await expect(read(mounted, 'broken', 'a')).rejects.toThrow('is missing');
  });

  it('that could not be opened is opened at its next use', async () => {
    let tries = 0;
    const real = MANAGERS.command.mount;
    const spied = vi.spyOn(MANAGERS.command, 'mount').mockImplementation((written) => {
      const mount = real(written);
      const open = async (deps: ProviderDeps): ReturnType<typeof mount.open> => {
        tries += 1;
        if (tries === 1) throw new Error('no file handle is left');
        return mount.open(deps);
      };
      return { ...mount, open };
    });
    onTestFinished(() => spied.mockRestore());
    const mounts = [{ ...unusable, command: ['/bin/echo', '{name}'] }];
    const mounted = secretSettingsSchema.parse({ ...settings, mounts });
    const provider = await openProviders(mounted, providerDeps());
    await expect(provider.read(['broken', 'a'], signal)).rejects.toThrow('no file handle');
    expect((await provider.read(['broken', 'a'], signal))?.reveal()).toBe('a');
    expect(tries).toBe(2);
  });

  it.each([
    [
      'hashicorp-vault',
      { url: 'https://v.example', auth: 'certificate' },
      ['certificateFile', 'keyFile'],
    ],
    [
      'azure-key-vault',
      { vault: 'https://a.vault.azure.net', credentials: 'client-certificate' },
      ['certificateFile'],
    ],
  ])('of the kind %s has files that no job can name', (provider, options, names) => {
    const files = Object.fromEntries(names.map((name) => [name, `/etc/runner/${name}`]));
    const caFile = provider === 'hashicorp-vault' ? { caFile: '/etc/tls/ca.pem' } : {};
    const mount = { prefix: '/m', provider, ...options, ...files, ...caFile };
    const found = secretDirectories(secretSettingsSchema.parse({ ...settings, mounts: [mount] }));
    const paths = found.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(Object.values(files)));
    expect(paths).not.toContain('/etc/tls/ca.pem');
    expect(found.map(({ setting }) => setting).join()).toContain('of /m in secrets.mounts');
  });
});
