import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import {
  createEnvironmentProvider,
  variableName,
} from '../../src/secrets/providers/environment.ts';
import { createFilesProvider } from '../../src/secrets/providers/files.ts';
import { createProviders } from '../../src/secrets/providers.ts';
import { openVault } from '../../src/secrets/vault/vault.ts';
import { secretProviderContract, type ProviderUnderTest } from './secret-provider.contract.ts';

const directories: string[] = [];
afterAll(() => directories.forEach((directory) => rmSync(directory, { recursive: true })));

function temporary(): string {
  directories.push(mkdtempSync(join(tmpdir(), 'provider-')));
  return directories.at(-1)!;
}

const signal = new AbortController().signal;

function vault(): { file: string; keyFile: string } {
  const directory = temporary();
  return {
    file: join(directory, 'state/vault.json'),
    keyFile: join(directory, 'config/vault.key'),
  };
}

function filling({ file, keyFile }: { file: string; keyFile: string }): ProviderUnderTest['put'] {
  const writer = openVault({ file, keyFile });
  return async (path, value) =>
    void (value === undefined
      ? await writer.remove(path, signal)
      : await writer.set(path, value, signal));
}

secretProviderContract('the vault', async () => {
  const place = vault();
  return { provider: openVault(place), put: filling(place) };
});

async function nestedFile(
  root: string,
  path: readonly string[],
  value: string | undefined,
): Promise<void> {
  const file = join(root, ...path);
  if (value === undefined) return rmSync(file);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${value}\n`);
  chmodSync(file, 0o400);
}

const undotted = (path: readonly string[]): boolean =>
  path.every((segment) => !segment.includes('.'));

secretProviderContract('a directory of files', async () => {
  const root = temporary();
  return {
    provider: createFilesProvider(root),
    holds: undotted,
    put: async (path, value) => {
      rmSync(join(root, ...path), { force: true });
      if (value !== undefined) await nestedFile(root, path, value);
    },
  };
});

secretProviderContract('a flat directory of files', async () => {
  const root = temporary();
  return {
    provider: createFilesProvider(root),
    holds: undotted,
    put: async (path, value) => {
      const file = join(root, path.join('.'));
      rmSync(file, { force: true });
      if (value !== undefined) writeFileSync(file, value);
    },
  };
});

secretProviderContract('the environment', async () => {
  const env: NodeJS.ProcessEnv = {};
  return {
    provider: createEnvironmentProvider(env),
    holds: (path) => variableName(path) !== undefined,
    put: async (path, value) => {
      const name = variableName(path) ?? '';
      if (value === undefined) delete env[name];
      else env[name] = value;
    },
  };
});

secretProviderContract('all providers together', async () => {
  const place = vault();
  const settings = {
    vault: place,
    files: { directory: temporary() },
    environment: { enabled: true },
    mounts: [],
  };
  return { provider: createProviders(settings, {}), put: filling(place) };
});
