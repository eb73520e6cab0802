import { settingRows } from '../../config/setting-rows.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner, assertConfigReadable } from '../ownership.ts';
import { columns } from '../terminal.ts';

/** Shows every setting with its value and source. */
export async function show(invocation: Invocation): Promise<void> {
  const loaded = await loadSettings(invocation);
  const { config } = loaded;
  actAsOwner(config.stateDir);
  assertConfigReadable(config.configFile);
  const rows = settingRows(loaded);
  const text = columns(
    rows.map(({ key, value, source }) => [
      key,
      value === null ? '–' : JSON.stringify(value),
      source.name,
    ]),
  );
  invocation.terminal.result({ configFile: config.configFile, settings: rows }, text);
}
