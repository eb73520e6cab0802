import type { ProviderSetting } from '../../secrets/providers/provider-kind.ts';
import {
  PROVIDER_NAMES,
  PROVIDERS,
  type ProviderName,
  type ProviderSettings,
  type SecretMount,
} from '../../secrets/providers/registry.ts';
import { MANAGER_TYPES } from '../../secrets/managers/registry.ts';
import { KEY_DIR_NAME } from '../places.ts';
import { setting, type DefaultContext, type Setting } from '../setting.ts';
import { secretMounts } from '../values/secret-mounts.ts';

/** `secrets.vault.file`: the settings that providers declare, below their names. */
type ProviderKey = {
  [Name in ProviderName]: `secrets.${Name}.${keyof ProviderSettings[Name] & string}`;
}[ProviderName];

const names = PROVIDER_NAMES.map((name) => `\`${name}\``).join(', ');

const managers = MANAGER_TYPES.map((type) => `\`${type}\``).join(', ');

/** Providers of secrets. */
export const secretSettings: { readonly [Key in ProviderKey]: Setting<unknown> } & {
  readonly 'secrets.mounts': Setting<readonly SecretMount[]>;
} = {
  ...providerSettings(),
  'secrets.mounts': setting({
    kind: 'list of `{prefix, provider, …}`',
    schema: secretMounts(),
    default: '',
    flag: '--secret-mounts',
    description: [
      `Assigns the references below a prefix to a provider (${names}).`,
      'As text: `/prefix=provider`. A provider can have one prefix; it then serves only references',
      'below it. The longest prefix wins. All other references are looked up in this order:',
      `${names}. A mount can also be a secret manager (${managers}), with its options next to the`,
      'prefix; see Secret managers.',
    ].join(' '),
  }),
};

function providerSettings(): { readonly [Key in ProviderKey]: Setting<unknown> } {
  const entries = PROVIDER_NAMES.flatMap((name) =>
    Object.entries<ProviderSetting<unknown>>(PROVIDERS[name].settings).map(
      ([key, definition]) => [`secrets.${name}.${key}`, toSetting(definition)] as const,
    ),
  );
  return Object.fromEntries(entries) as { readonly [Key in ProviderKey]: Setting<unknown> };
}

function toSetting(definition: ProviderSetting<unknown>): Setting<unknown> {
  const { default: fallback, ...rest } = definition;
  if (fallback === undefined) return rest;
  if (typeof fallback !== 'object') return { ...rest, default: fallback };
  const resolve = (context: DefaultContext): unknown => {
    const keyDir = context.join(context.configDir, KEY_DIR_NAME);
    return fallback.resolve({ ...context, keyDir });
  };
  return { ...rest, default: { description: fallback.description, resolve } };
}
