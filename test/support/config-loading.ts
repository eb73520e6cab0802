import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { loadConfig, type LoadedConfig } from '../../src/config/load.ts';
import { problemsOf } from '../../src/config/problems.ts';
import type { ProcessContext } from '../../src/config/process-context.ts';
import type { SettingKey } from '../../src/config/schema.ts';

/** Where the configuration files are; each test file removes it, and another may come after it. */
export const directory = mkdtempSync(join(tmpdir(), 'config-'));

interface Given {
  readonly file?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly flags?: Partial<Record<SettingKey, string>>;
  readonly context?: Partial<ProcessContext>;
}

let files = 0;

/** Loads what is given on a machine without any other settings. */
export function load({ file, env = {}, flags = {}, context = {} }: Given = {}): LoadedConfig {
  const path = join(directory, `${++files}.yaml`);
  mkdirSync(directory, { recursive: true });
  if (file !== undefined) writeFileSync(path, file, { mode: 0o600 });
  const surroundings = {
    env,
    workingDir: '/here',
    actsForSystem: false,
    home: directory,
    hostname: 'host-1',
    credentialsDir: undefined,
    join,
    ...context,
  };
  return loadConfig({
    configFile: file === undefined ? undefined : path,
    flags,
    context: surroundings,
  });
}

/** The problems for which what is given is rejected; none if it is accepted. */
export function problems(given: Given): readonly string[] {
  try {
    load(given);
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    expect(error.code).toBe('CONFIG_INVALID');
    return problemsOf(error).map(
      ({ path, problem, remedy }) =>
        `${path.split(' ')[0]}: ${problem}${remedy === '' ? '' : `; ${remedy}`}`,
    );
  }
  return [];
}
