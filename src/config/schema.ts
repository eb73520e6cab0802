import { ENV_PREFIX } from './process-context.ts';
import type { Setting } from './setting.ts';
import { auditSettings } from './settings/audit.ts';
import { networkSettings } from './settings/network.ts';
import { runnerSettings } from './settings/runner.ts';
import { sealingSettings } from './settings/sealing.ts';
import { secretSettings } from './settings/secrets.ts';
import { statusSettings } from './settings/status.ts';
import { workSettings } from './settings/work.ts';

/**
 * Every setting. Files, environment, flags, `config show` and docs/configuration.md all follow this
 * table.
 */
export const SETTINGS = {
  ...runnerSettings,
  ...networkSettings,
  ...workSettings,
  ...secretSettings,
  ...sealingSettings,
  ...auditSettings,
  ...statusSettings,
} as const;

export type SettingKey = keyof typeof SETTINGS;
export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];
type ValueOf<S> = S extends Setting<infer T> ? T : never;
/** Parsed values by key. Settings without a default can be undefined. */
export type SettingValues = {
  readonly [K in SettingKey]: ValueOf<(typeof SETTINGS)[K]> | undefined;
};

/** The setting of a key, whose value can have any type. */
export function settingOf(key: SettingKey): Setting<unknown> {
  return SETTINGS[key] as unknown as Setting<unknown>;
}

/** `spool.maxBytes` -> `HYBRID_RUNNER_SPOOL_MAX_BYTES` */
export function environmentName(key: SettingKey): string {
  return (
    ENV_PREFIX +
    key
      .replace(/\./g, '_')
      .replace(/[a-z][A-Z]/g, (pair) => `${pair[0]}_${pair[1]}`)
      .toUpperCase()
  );
}
