import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { providerDeps } from '../../../test/support/provider-deps.ts';
import { openProviders } from '../open-providers.ts';
import { secretSettingsSchema } from '../providers/registry.ts';

const signal = new AbortController().signal;
let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'mounts-'))));
afterEach(() => rmSync(directory, { recursive: true }));

/** A program that prints its own word and the name. */
function program(word: string): string {
  const path = join(directory, word);
  writeFileSync(path, `#!/bin/sh\necho "${word} has $1"\n`, { mode: 0o700 });
  return path;
}

async function read(mounts: readonly object[], ...path: string[]): Promise<string | undefined> {
  const settings = secretSettingsSchema.parse({
    vault: { file: join(directory, 'vault.json'), keyFile: join(directory, 'vault.key') },
    files: {},
    environment: { enabled: false },
    mounts,
  });
  const provider = await openProviders(settings, providerDeps());
  return (await provider.read(path, signal))?.reveal();
}

const mount = (prefix: string, word: string): object => ({
  prefix,
  provider: 'command',
  command: [program(word), '{name}'],
});

describe('mounts of secret managers', () => {
  it('have the references below their prefix, each its own', async () => {
    const mounts = [mount('/one', 'first'), mount('/one/two', 'second')];
    expect([
      await read(mounts, 'one', 'a', 'b'),
      await read(mounts, 'one', 'two', 'a'),
      await read(mounts, 'three', 'a'),
    ]).toEqual(['first has a/b', 'second has a', undefined]);
  });

  it('are rejected if two have the same place, so that a secret would have two references', async () => {
    await expect(
      read([mount('/one', 'first'), mount('/two', 'first')], 'one', 'a'),
    ).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('two references') as string,
    });
  });

  it.each([
    'https://acme.vault.azure.net/',
    'https://acme.vault.azure.net:443',
    'https://ACME.vault.azure.net',
  ])('are rejected if %s is the place of another one', async (vault) => {
    const azure = { provider: 'azure-key-vault', credentials: 'managed-identity' };
    const mounts = [
      { ...azure, prefix: '/one', vault: 'https://acme.vault.azure.net' },
      { ...azure, prefix: '/two', vault },
    ];
    await expect(read(mounts, 'one', 'a')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('two references') as string,
    });
  });

  it.each([
    ['a host with a dot at its end', { url: 'https://vault.example.' }, 'a dot at the end'],
    ['the root namespace', { url: 'https://vault.example', namespace: 'root' }, 'same as none'],
  ])('are rejected with another name of the same place: %s', async (_what, options, message) => {
    const vault = { prefix: '/v', provider: 'hashicorp-vault', ...options };
    await expect(read([vault], 'v', 'a', 'b')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    ['an unknown option', { color: 'red' }, 'color: unknown option'],
    ['an option that is missing', { command: undefined }, 'command: must be set'],
    ['options that do not go together', { command: ['/bin/true'] }, 'one argument must be {name}'],
    ['a cache of days', { cacheFor: '9999s' }, 'cacheFor: must be seconds'],
    ['a variable that steers the worker', { environment: ['NODE_OPTIONS'] }, 'NODE_OPTIONS would'],
    ['a variable that makes an SDK log', { environment: ['AZURE_LOG_LEVEL'] }, 'AZURE_LOG_LEVEL'],
  ])('are rejected with %s', async (_what, more, message) => {
    await expect(read([{ ...mount('/one', 'first'), ...more }], 'one', 'a')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message) as string,
    });
  });
});
