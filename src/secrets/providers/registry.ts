import { z } from 'zod';
import type { SecretDirectory } from '../../policy/secret-directory.ts';
import { environmentProvider } from './environment.ts';
import { filesProvider } from './files.ts';
import type { ProviderKind, ProviderSetting } from './provider-kind.ts';
import { MANAGER_TYPES, type ManagerType, MANAGERS } from '../managers/registry.ts';
import { vaultProvider } from './vault.ts';

/**
 * Every kind of provider by its name, in the order in which references are looked up. Connectors
 * are handed to what uses them, because only a worker loads them. Providers are not: settings,
 * flags, documents, and the types of all of these follow from this list when the program is
 * compiled.
 */
const KINDS = {
  vault: vaultProvider,
  files: filesProvider,
  environment: environmentProvider,
} as const;

export type ProviderName = keyof typeof KINDS;
export const PROVIDER_NAMES = Object.keys(KINDS) as readonly ProviderName[];

type SettingsOf<Kind> = Kind extends ProviderKind<infer Settings> ? Settings : never;

/** The settings of all providers. */
export type ProviderSettings = {
  readonly [Name in ProviderName]: SettingsOf<(typeof KINDS)[Name]>;
};

export const PROVIDERS: {
  readonly [Name in ProviderName]: ProviderKind<ProviderSettings[Name]>;
} = KINDS;

/** Calls `use` with a kind and its own part of the settings. */
export function withKind<Name extends ProviderName, Result>(
  name: Name,
  settings: ProviderSettings,
  use: (kind: ProviderKind<ProviderSettings[Name]>, own: ProviderSettings[Name]) => Result,
): Result {
  return use(PROVIDERS[name], settings[name]);
}

/**
 * Names of the environment variables that a worker needs; a name that ends with `_` is a prefix.
 * Throws CONFIG_INVALID.
 */
export function workerVariables({ mounts, ...settings }: SecretSettings): readonly string[] {
  return [
    ...PROVIDER_NAMES.flatMap((name) =>
      withKind(name, settings, ({ variables }, own) => variables?.(own) ?? []),
    ),
    ...mounts.flatMap((mount) =>
      isManager(mount.provider)
        ? MANAGERS[mount.provider].mount(mountOptions(mount)).variables
        : [],
    ),
  ];
}

/**
 * Where providers have secrets, and the files with the credentials of the runner for managers: a
 * job can name no file in these places.
 */
export function secretDirectories({
  mounts,
  ...settings
}: SecretSettings): readonly SecretDirectory[] {
  return [...providerDirectories(settings), ...mounts.flatMap(credentialFiles)];
}

function credentialFiles(mount: SecretMount): readonly SecretDirectory[] {
  if (!isManager(mount.provider)) return [];
  const { credentialFiles: files } = MANAGERS[mount.provider].mount(mountOptions(mount));
  return [...files].map(([option, path]) => ({
    setting: `${option} of ${mount.prefix} in secrets.mounts`,
    path,
  }));
}

function providerDirectories(settings: ProviderSettings): readonly SecretDirectory[] {
  return PROVIDER_NAMES.flatMap((name) =>
    Object.entries<ProviderSetting<unknown>>(PROVIDERS[name].settings)
      .filter(([, { holdsSecrets }]) => holdsSecrets)
      .map(([key]) => ({
        setting: `secrets.${name}.${key}`,
        path: new Map<string, unknown>(Object.entries(settings[name])).get(key),
      }))
      .filter((found): found is SecretDirectory => typeof found.path === 'string'),
  );
}

export function isManager(provider: ProviderName | ManagerType): provider is ManagerType {
  return Object.hasOwn(MANAGERS, provider);
}

/**
 * References below a prefix belong to one provider. A secret manager has its options beside the
 * prefix, as written.
 */
const mountSchema = z.looseObject({
  prefix: z.string(),
  provider: z.enum([...PROVIDER_NAMES, ...MANAGER_TYPES]),
});

export type SecretMount = Readonly<z.infer<typeof mountSchema>>;

/** What a mount has beside its prefix and its provider. */
export function mountOptions(mount: SecretMount): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(mount).filter(([name]) => name !== 'prefix' && name !== 'provider'),
  );
}

/** Everything the configuration has below `secrets`. */
export type SecretSettings = ProviderSettings & { readonly mounts: readonly SecretMount[] };

export const secretSettingsSchema: z.ZodType<SecretSettings> = z.object({
  ...(providerSchemas() as { readonly [Name in ProviderName]: z.ZodType<ProviderSettings[Name]> }),
  mounts: z.array(mountSchema),
});

function providerSchemas(): Readonly<Record<string, z.ZodType>> {
  const schemaFor = (name: ProviderName): z.ZodType => {
    const schemas = Object.entries(PROVIDERS[name].settings).map(
      ([key, { schema }]) => [key, schema] as const,
    );
    return z.object(Object.fromEntries(schemas)).prefault({});
  };
  return Object.fromEntries(PROVIDER_NAMES.map((name) => [name, schemaFor(name)]));
}
