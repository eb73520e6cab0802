import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentName, SETTING_KEYS, SETTINGS } from '../../src/config/schema.ts';
import { EXIT, exitOf } from '../../src/cli/exit-codes.ts';
import { loadConnectors } from '../../src/connectors/registry.ts';
import { errorGroups, type ErrorCode } from '../../foundation/src/runtime/error-codes.ts';

const root = join(import.meta.dirname, '../..');
const document = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');

await loadConnectors();

describe('generated documents', () => {
  it('are current', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(root, 'scripts/generate-docs.ts'), '--check'],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it.each(SETTING_KEYS)('contain key, environment variable, flag and description of %s', (key) => {
    const page = document('configuration.md');
    expect(page).toContain(`| [\`${key}\`](#`);
    expect(page).toContain(`| \`${environmentName(key)}\` | \`${SETTINGS[key].flag}\` |`);
    expect(page).toContain(`## ${key}\n\n${SETTINGS[key].description}`);
  });

  it('contain every error and every exit code', () => {
    const page = document('errors.md');
    for (const code of [...errorGroups().values()].flatMap(Object.keys) as ErrorCode[])
      expect(page).toMatch(
        new RegExp(`^\\| \`${code}\` \\|.*\\| ${EXIT[exitOf(code)].code} \\|$`, 'm'),
      );
    for (const { code } of Object.values(EXIT))
      expect(page).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
  });
});

describe('settings', () => {
  it('share no flag and no environment variable', () => {
    const flags = SETTING_KEYS.map((key) => SETTINGS[key].flag);
    const names = SETTING_KEYS.map(environmentName);
    expect(new Set(flags).size).toBe(SETTING_KEYS.length);
    expect(new Set(names).size).toBe(SETTING_KEYS.length);
  });

  it('have names derived from their keys', () => {
    expect(SETTING_KEYS.map(environmentName)).toContain('HYBRID_RUNNER_SECRETS_VAULT_KEY_FILE');
    expect(
      SETTING_KEYS.every(
        (key) =>
          /^HYBRID_RUNNER_[A-Z_]+$/.test(environmentName(key)) &&
          /^--[a-z-]+$/.test(SETTINGS[key].flag),
      ),
    ).toBe(true);
  });
});
