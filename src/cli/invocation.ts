import { processContext } from '../config/process-context.ts';
import type { LoadedConfig } from '../config/load.ts';
import { SETTING_KEYS, SETTINGS, type SettingKey } from '../config/schema.ts';
import { goesToJournal } from '../observability/journal.ts';
import { openLogger } from '../observability/pino-logger.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Interrupts } from './interrupts.ts';
import type { Terminal } from './terminal.ts';

/** Flags by their long name, as `--token-file` -> `token-file`. */
export type Flags = ReadonlyMap<string, string | true>;

/** One call of a command. */
export interface Invocation {
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly flags: Flags;
  readonly operands: readonly string[];
}

/** A command. Resolves with its exit code; without one, the exit code is 0. */
export type Command = (invocation: Invocation) => Promise<ExitCode | void>;

/** The text of a required flag. Throws USAGE when it is missing. */
export function requireFlag(flags: Flags, name: string): string {
  const value = flags.get(name);
  if (typeof value !== 'string') throw new RunnerError('USAGE', `--${name} is missing`);
  return value;
}

/** The configuration; flags of this call take precedence. */
export async function loadSettings({
  flags,
  env,
}: Pick<Invocation, 'flags' | 'env'>): Promise<LoadedConfig> {
  const { loadConfig } = await import('../config/load.ts');
  const settings: Partial<Record<SettingKey, string>> = {};
  for (const key of SETTING_KEYS) {
    const value = flags.get(SETTINGS[key].flag.slice(2));
    if (typeof value === 'string') settings[key] = value;
  }
  const configFile = flags.get('config');
  return loadConfig({
    configFile: typeof configFile === 'string' ? configFile : undefined,
    flags: settings,
    context: processContext(env),
  });
}

/** By the conventions of no-color.org and of terminals without control sequences. */
export function hasColor(env: Readonly<NodeJS.ProcessEnv>): boolean {
  return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

export interface LogTarget {
  readonly descriptor: 1 | 2;
  readonly redact: (line: string) => string;
}

/** The log of a command: JSON, or readable lines on a terminal. */
export function openCommandLog(
  { config }: Pick<LoadedConfig, 'config'>,
  { terminal, env }: Pick<Invocation, 'terminal' | 'env'>,
  { descriptor, redact }: LogTarget,
): Promise<Logger> {
  const isTerminal = (descriptor === 1 ? terminal.stdout : terminal.stderr).isTTY === true;
  const format =
    config.log.format === 'auto'
      ? isTerminal && !terminal.json
        ? 'pretty'
        : 'json'
      : config.log.format;
  return openLogger({
    level: config.log.level,
    format,
    color: isTerminal && hasColor(env),
    descriptor,
    redact,
    priorities: goesToJournal(env, descriptor),
  });
}
