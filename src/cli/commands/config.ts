import { environmentName, SETTING_KEYS, settingOf } from '../../config/schema.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner, assertConfigReadable } from '../ownership.ts';
import { columns } from '../terminal.ts';

/** Shows every setting with its value and source. */
export async function show(invocation: Invocation): Promise<void> {
  const { config, values, sources } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  assertConfigReadable(config.configFile);
  const rows = SETTING_KEYS.map((key) => {
    const { show: shown } = settingOf(key);
    const value = values[key];
    return {
      key,
      value: value === undefined ? null : (shown?.(value) ?? value),
      source: sources[key],
      environment: environmentName(key),
    };
  });
  const text = columns(
    rows.map(({ key, value, source }) => [
      key,
      value === null ? '–' : JSON.stringify(value),
      source.name,
    ]),
  );
  invocation.terminal.result({ configFile: config.configFile, settings: rows }, text);
}
