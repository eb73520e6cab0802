import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { openProviders } from '../../src/secrets/open-providers.ts';
import { variableName } from '../../src/secrets/providers/environment.ts';
import {
  PROVIDER_NAMES,
  PROVIDERS,
  secretSettingsSchema,
  type ProviderName,
} from '../../src/secrets/providers/registry.ts';
import { openVault } from '../../src/secrets/vault/vault.ts';
import { providerDeps } from '../support/provider-deps.ts';
import { secretProviderContract, type ProviderUnderTest } from './secret-provider.contract.ts';

const directories: string[] = [];
afterAll(() => directories.forEach((directory) => rmSync(directory, { recursive: true })));

function temporary(): string {
  directories.push(mkdtempSync(join(tmpdir(), 'provider-')));
  return directories.at(-1)!;
}

const signal = new AbortController().signal;

type Put = ProviderUnderTest['put'];
type Open = () => Promise<ProviderUnderTest>;

function vaultPlace(): { file: string; keyFile: string } {
  const directory = temporary();
  return {
    file: join(directory, 'state/vault.json'),
    keyFile: join(directory, 'config/vault.key'),
  };
}

function putInVault(place: { file: string; keyFile: string }): Put {
  const writer = openVault(place);
  return async (path, value) =>
    void (value === undefined
      ? await writer.remove(path, signal)
      : await writer.set(path, value, signal));
}

async function openVaultProvider(): Promise<ProviderUnderTest> {
  const place = vaultPlace();
  const provider = await PROVIDERS.vault.open(place, providerDeps());
  const list = () => PROVIDERS.vault.list!(place, providerDeps(), signal);
  return { provider: provider!, put: putInVault(place), list };
}

const hasNoDots = (path: readonly string[]): boolean =>
  path.every((segment) => !segment.includes('.'));

/** `fileOf` spells the file of a path. */
function openFiles(fileOf: (path: readonly string[]) => string, end: string): Open {
  return async () => {
    const root = temporary();
    const provider = await PROVIDERS.files.open({ directory: root }, providerDeps());
    return {
      provider: provider!,
      holds: hasNoDots,
      list: () => PROVIDERS.files.list!({ directory: root }, providerDeps(), signal),
      put: async (path, value) => {
        const file = join(root, fileOf(path));
        rmSync(file, { force: true });
        if (value === undefined) return;
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, `${value}${end}`);
        chmodSync(file, 0o400);
      },
    };
  };
}

async function openEnvironment(): Promise<ProviderUnderTest> {
  const env: NodeJS.ProcessEnv = {};
  const provider = await PROVIDERS.environment.open({ enabled: true }, providerDeps({ env }));
  return {
    provider: provider!,
    list: () => PROVIDERS.environment.list!({ enabled: true }, providerDeps({ env }), signal),
    holds: (path) => variableName(path) !== undefined,
    put: async (path, value) => {
      const name = variableName(path) ?? '';
      if (value === undefined) delete env[name];
      else env[name] = value;
    },
  };
}

/** Every registered provider needs an entry: the compiler rejects a missing one. */
const WAYS_TO_OPEN: Readonly<Record<ProviderName, Readonly<Record<string, Open>>>> = {
  vault: { 'the vault': openVaultProvider },
  files: {
    'a directory of files': openFiles((path) => path.join('/'), '\n'),
    'a flat directory of files': openFiles((path) => path.join('.'), ''),
  },
  environment: { 'the environment': openEnvironment },
};

for (const name of PROVIDER_NAMES)
  for (const [title, open] of Object.entries(WAYS_TO_OPEN[name]))
    secretProviderContract(title, open);

secretProviderContract('all providers as one', async () => {
  const place = vaultPlace();
  const settings = secretSettingsSchema.parse({
    vault: place,
    files: { directory: temporary() },
    environment: { enabled: true },
    mounts: [],
  });
  return { provider: await openProviders(settings, providerDeps()), put: putInVault(place) };
});
