import type { LoadedConfig } from './load.ts';
import { environmentName, SETTING_KEYS, settingOf } from './schema.ts';

/** Every setting with its source, in the form that may be displayed. */
export function settingRows({ values, sources }: Pick<LoadedConfig, 'values' | 'sources'>): {
  readonly key: string;
  readonly value: unknown;
  readonly source: LoadedConfig['sources'][keyof LoadedConfig['sources']];
  readonly environment: string;
}[] {
  return SETTING_KEYS.map((key) => {
    const { show } = settingOf(key);
    const value = values[key];
    return {
      key,
      value: value === undefined ? null : (show?.(value) ?? value),
      source: sources[key],
      environment: environmentName(key),
    };
  });
}
