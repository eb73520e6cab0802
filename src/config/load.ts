import { closest } from './closest.ts';
import { readEnrolledSettings } from './enrolled-settings.ts';
import { readConfigFile } from './file.ts';
import { CONFIG_VARIABLE, defaultStateDir, findConfig } from './places.ts';
import { configInvalid, type Problem } from './problems.ts';
import { ENV_PREFIX, type ProcessContext } from './process-context.ts';
import {
  fromConvention,
  fromDefault,
  fromEnrollment,
  fromEnvironment,
  fromFile,
  fromFlag,
  parseValue,
  type RawValue,
  type Source,
} from './raw-value.ts';
import { compile, type RunnerConfig } from './runner-config.ts';
import { environmentName, SETTING_KEYS, type SettingKey, type SettingValues } from './schema.ts';
import type { DefaultContext } from './setting.ts';

export interface LoadOptions {
  /** The value of `--config`. */
  readonly configFile: string | undefined;
  /** Raw text by setting. */
  readonly flags: Readonly<Partial<Record<SettingKey, string>>>;
  readonly context: ProcessContext;
}

export interface LoadedConfig {
  readonly config: RunnerConfig;
  readonly values: SettingValues;
  readonly sources: Readonly<Record<SettingKey, Source>>;
}

/**
 * Loads the configuration. A flag takes precedence over the environment, then come the file,
 * variables of the machine, settings kept at enrollment, and the default. Throws CONFIG_INVALID
 * with all problems at once, FILE_UNREADABLE for a named file that cannot be read, FILE_UNSAFE for
 * a file that others can change.
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const { context, flags } = options;
  const { configDir, configFile: path, named } = findConfig(options.configFile, context);
  const file = readConfigFile({ path, named });
  const problems: Problem[] = [...file.problems, ...unknownVariables(context.env)];
  const explicit = (key: SettingKey): RawValue | undefined =>
    fromFlag(key, flags, context) ??
    fromEnvironment(key, context) ??
    fromFile(key, file.values, path);
  const stateDir = stateDirOf(explicit('stateDir'), context);
  const enrolled = readEnrolledSettings(stateDir);
  const defaults: DefaultContext = { ...context, configDir, stateDir };
  const values: Partial<Record<SettingKey, unknown>> = {};
  const sources: Partial<Record<SettingKey, Source>> = {};
  for (const key of SETTING_KEYS) {
    const value =
      explicit(key) ??
      fromConvention(key, context) ??
      fromEnrollment(key, enrolled) ??
      fromDefault(key, defaults);
    values[key] = parseValue(key, value, problems);
    sources[key] = value.source;
  }
  if (problems.length > 0) throw configInvalid(problems);
  return {
    config: compile(values as SettingValues, { configDir, configFile: path }),
    values: values as SettingValues,
    sources: sources as Record<SettingKey, Source>,
  };
}

/**
 * The state directory is needed before the other settings. Its problems are collected with theirs.
 */
function stateDirOf(explicit: RawValue | undefined, context: ProcessContext): string {
  const value = explicit === undefined ? undefined : parseValue('stateDir', explicit, []);
  return (value as string | undefined) ?? defaultStateDir(context);
}

function unknownVariables(env: Readonly<NodeJS.ProcessEnv>): Problem[] {
  const known = [CONFIG_VARIABLE, ...SETTING_KEYS.map(environmentName)];
  return Object.keys(env)
    .filter((name) => name.startsWith(ENV_PREFIX) && !known.includes(name))
    .map((name) => {
      const suggestion = closest(name, known);
      return {
        path: name,
        problem: 'unknown setting',
        remedy: suggestion === undefined ? 'unset it' : `did you mean ${suggestion}?`,
      };
    });
}
