import { dirname, isAbsolute, resolve } from 'node:path';
import type { z } from 'zod';
import { closest } from './closest.ts';
import { compile, type RunnerConfig } from './runner-config.ts';
import { type EnrolledSettings, readEnrolledSettings } from './enrolled-settings.ts';
import { readConfigFile } from './file.ts';
import { configInvalid, type Problem } from './problems.ts';
import {
  environmentName,
  SETTING_KEYS,
  SETTINGS,
  type DefaultContext,
  type Setting,
  type SettingKey,
  type SettingValues,
} from './schema.ts';
import { CONFIG_VARIABLE, defaultStateDir, findConfig } from './places.ts';
import { ENV_PREFIX, type Surroundings } from './surroundings.ts';

/** Where a value came from; `name` is the flag, the variable or the file. */
export interface Source {
  readonly kind: 'flag' | 'environment' | 'file' | 'enrollment' | 'default' | 'unset';
  readonly name: string;
}

export interface LoadOptions {
  /** What `--config` says. */
  readonly configFile: string | undefined;
  /** Raw text by setting. */
  readonly flags: Readonly<Partial<Record<SettingKey, string>>>;
  readonly around: Surroundings;
}

export interface LoadedConfig {
  readonly config: RunnerConfig;
  readonly values: SettingValues;
  readonly sources: Readonly<Record<SettingKey, Source>>;
}

interface Given {
  readonly raw: unknown;
  readonly source: Source;
  /** What relative paths in the value are relative to. */
  readonly base: string;
}

/**
 * Flags over environment over file over what is kept from enrollment over default. Throws CONFIG_INVALID with all problems at once, FILE_UNREADABLE for
 * a named file that cannot be read, FILE_UNSAFE for a file that others may change.
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const { around } = options;
  const { configDir, configFile: path, named } = findConfig(options.configFile, around);
  const file = readConfigFile({ path, named });
  const problems: Problem[] = [...file.problems, ...strangeVariables(around.env)];
  const given = (key: SettingKey): Given | undefined =>
    fromFlag(key, options) ?? fromEnvironment(key, around) ?? fromFile(key, file.values, path);
  const stateDir =
    (read('stateDir', given('stateDir'), []) as string | undefined) ?? defaultStateDir(around);
  const enrolled = readEnrolledSettings(stateDir);
  const context: DefaultContext = { ...around, configDir, stateDir };
  const values: Partial<Record<SettingKey, unknown>> = {};
  const sources: Partial<Record<SettingKey, Source>> = {};
  for (const key of SETTING_KEYS) {
    const found =
      given(key) ??
      fromConvention(key, around) ??
      fromEnrollment(key, enrolled) ??
      fromDefault(key, context);
    values[key] = read(key, found, problems);
    sources[key] = found.source;
  }
  if (problems.length > 0) throw configInvalid(problems);
  const complete = values as SettingValues;
  return {
    config: compile(complete, { configDir, configFile: path }),
    values: complete,
    sources: sources as Record<SettingKey, Source>,
  };
}

function fromFlag(key: SettingKey, { flags, around }: LoadOptions): Given | undefined {
  const raw = flags[key];
  return raw === undefined
    ? undefined
    : { raw, source: { kind: 'flag', name: SETTINGS[key].flag }, base: around.workingDir };
}

/** An empty variable counts as unset, as templates of units and containers expect. */
function fromEnvironment(key: SettingKey, { env, workingDir }: Surroundings): Given | undefined {
  const name = environmentName(key);
  const raw = env[name];
  return raw === undefined || raw === ''
    ? undefined
    : { raw, source: { kind: 'environment', name }, base: workingDir };
}

function fromFile(
  key: SettingKey,
  values: ReadonlyMap<SettingKey, unknown>,
  path: string,
): Given | undefined {
  return values.has(key)
    ? { raw: values.get(key), source: { kind: 'file', name: path }, base: dirname(path) }
    : undefined;
}

/** A variable of the machine counts after what was written for this program. */
function fromConvention(key: SettingKey, { env, workingDir }: Surroundings): Given | undefined {
  const { conventional }: Setting<never> = SETTINGS[key] as unknown as Setting<never>;
  const name = conventional?.variables.find((variable) => (env[variable] ?? '') !== '');
  if (name === undefined) return undefined;
  const raw = env[name]!;
  return {
    raw: conventional?.read?.(raw) ?? raw,
    source: { kind: 'environment', name },
    base: workingDir,
  };
}

function fromEnrollment(key: SettingKey, { path, values }: EnrolledSettings): Given | undefined {
  return values.has(key)
    ? { raw: values.get(key), source: { kind: 'enrollment', name: path }, base: dirname(path) }
    : undefined;
}

function fromDefault(key: SettingKey, context: DefaultContext): Given {
  const { default: preset }: Setting<never> = SETTINGS[key] as unknown as Setting<never>;
  const raw = typeof preset === 'object' ? preset.find(context) : preset;
  const kind = raw === undefined ? 'unset' : 'default';
  return { raw, source: { kind, name: kind }, base: context.workingDir };
}

function read(key: SettingKey, given: Given | undefined, problems: Problem[]): unknown {
  if (given?.raw === undefined) return undefined;
  const { raw, source, base } = given;
  const setting = SETTINGS[key] as unknown as Setting<unknown>;
  const path = source.kind === 'default' ? key : `${key} (${source.name})`;
  if (source.kind === 'flag' && typeof raw === 'string' && setting.secret?.(raw) === true) {
    problems.push({
      path,
      problem: 'has a password, and the command line is visible to every process',
      remedy: `set it in the configuration file or in ${environmentName(key)}`,
    });
    return undefined;
  }
  const result = setting.schema.safeParse(raw);
  if (result.success)
    return setting.isPath === true && !isAbsolute(String(result.data))
      ? resolve(base, String(result.data))
      : result.data;
  for (const issue of result.error.issues)
    problems.push({
      path: `${key}${formatPath(issue)} ${path.slice(key.length + 1)}`.trim(),
      problem: issue.message,
      remedy: '',
    });
  return undefined;
}

function formatPath(issue: z.core.$ZodIssue): string {
  return issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
}

function strangeVariables(env: Readonly<NodeJS.ProcessEnv>): Problem[] {
  const known = [CONFIG_VARIABLE, ...SETTING_KEYS.map(environmentName)];
  return Object.keys(env)
    .filter((name) => name.startsWith(ENV_PREFIX) && !known.includes(name))
    .map((name) => {
      const near = closest(name, known);
      return {
        path: name,
        problem: 'there is no such setting',
        remedy: near === undefined ? 'unset it' : `did you mean ${near}?`,
      };
    });
}
