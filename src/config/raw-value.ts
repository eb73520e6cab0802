import { dirname, isAbsolute, resolve } from 'node:path';
import type { z } from 'zod';
import type { EnrolledSettings } from './enrolled-settings.ts';
import type { Problem } from './problems.ts';
import type { ProcessContext } from './process-context.ts';
import { environmentName, settingOf, type SettingKey } from './schema.ts';
import type { DefaultContext } from './setting.ts';

/** Where a value came from; `name` is the flag, the variable or the file. */
export interface Source {
  readonly kind: 'flag' | 'environment' | 'file' | 'enrollment' | 'default' | 'unset';
  readonly name: string;
}

/** A value as written, before it is parsed. */
export interface RawValue {
  readonly raw: unknown;
  readonly source: Source;
  /** The directory that relative paths start from. */
  readonly base: string;
}

export function fromFlag(
  key: SettingKey,
  flags: Readonly<Partial<Record<SettingKey, string>>>,
  { workingDir }: ProcessContext,
): RawValue | undefined {
  const raw = flags[key];
  if (raw === undefined) return undefined;
  return { raw, source: { kind: 'flag', name: settingOf(key).flag }, base: workingDir };
}

/** An empty variable counts as unset, as templates of units and containers expect. */
export function fromEnvironment(
  key: SettingKey,
  { env, workingDir }: ProcessContext,
): RawValue | undefined {
  const name = environmentName(key);
  const raw = env[name];
  if (raw === undefined || raw === '') return undefined;
  return { raw, source: { kind: 'environment', name }, base: workingDir };
}

export function fromFile(
  key: SettingKey,
  values: ReadonlyMap<SettingKey, unknown>,
  path: string,
): RawValue | undefined {
  if (!values.has(key)) return undefined;
  return { raw: values.get(key), source: { kind: 'file', name: path }, base: dirname(path) };
}

/**
 * A variable that all programs of the machine use comes after everything that was written for this
 * one.
 */
export function fromConvention(
  key: SettingKey,
  { env, workingDir }: ProcessContext,
): RawValue | undefined {
  const { sharedVariables } = settingOf(key);
  const name = sharedVariables?.variables.find((variable) => (env[variable] ?? '') !== '');
  if (name === undefined) return undefined;
  const text = env[name]!;
  const raw = sharedVariables?.read?.(text) ?? text;
  return { raw, source: { kind: 'environment', name }, base: workingDir };
}

export function fromEnrollment(
  key: SettingKey,
  { path, values }: EnrolledSettings,
): RawValue | undefined {
  if (!values.has(key)) return undefined;
  return { raw: values.get(key), source: { kind: 'enrollment', name: path }, base: dirname(path) };
}

export function fromDefault(key: SettingKey, context: DefaultContext): RawValue {
  const { default: fallback } = settingOf(key);
  const raw = typeof fallback === 'object' ? fallback.resolve(context) : fallback;
  const kind = raw === undefined ? 'unset' : 'default';
  return { raw, source: { kind, name: kind }, base: context.workingDir };
}

/** The parsed value; undefined, with a problem, when it is invalid. */
export function parseValue(
  key: SettingKey,
  { raw, source, base }: RawValue,
  problems: Problem[],
): unknown {
  if (raw === undefined) return undefined;
  const { schema, secret, isPath } = settingOf(key);
  if (source.kind === 'flag' && typeof raw === 'string' && secret?.(raw) === true) {
    problems.push(secretOnCommandLine(key, source));
    return undefined;
  }
  const result = schema.safeParse(raw);
  if (!result.success) {
    for (const issue of result.error.issues) problems.push(invalidValue(key, source, issue));
    return undefined;
  }
  const value = result.data;
  return isPath === true && !isAbsolute(String(value)) ? resolve(base, String(value)) : value;
}

function secretOnCommandLine(key: SettingKey, { name }: Source): Problem {
  return {
    path: `${key} (${name})`,
    problem: 'contains a password, and every process can see the command line',
    remedy: `set it in the configuration file or in ${environmentName(key)}`,
  };
}

function invalidValue(key: SettingKey, { kind, name }: Source, issue: z.core.$ZodIssue): Problem {
  const suffix = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  const place = kind === 'default' ? '' : ` (${name})`;
  return { path: `${key}${suffix}${place}`, problem: issue.message, remedy: '' };
}
