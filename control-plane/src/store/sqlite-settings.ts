import type { Statements } from './sqlite-statements.ts';
import type { SettingReads, SettingWrites } from './store.ts';

export function settingTable(statements: Statements): SettingReads & SettingWrites {
  return {
    get: async (name) =>
      statements.get(
        'SELECT value FROM settings WHERE name = ?',
        [name],
        (row) => row['value'] as string,
      ),
    save: async (name, value) =>
      void statements.run('INSERT OR REPLACE INTO settings VALUES (?, ?)', [name, value]),
  };
}
