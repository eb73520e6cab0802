import { Command as Parser, Option, type CommanderError } from 'commander';
import { SETTING_KEYS, SETTINGS, type SettingKey } from '../config/schema.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { COMMANDS, type CommandDefinition } from './command-table.ts';
import type { Command, Flags } from './invocation.ts';

/** Runs the command that the command line selects. */
export type Launch = (
  load: () => Promise<Command>,
  flags: Flags,
  operands: readonly string[],
) => Promise<void>;

/** The parser of the command line. */
export function buildProgram(launch: Launch, write: (text: string) => void): Parser {
  const program = new Parser('hybrid-runner')
    .description('Takes metadata jobs from a data catalog and runs them inside your network.')
    .option('-V, --version', 'show the version')
    .addOption(new Option('--json').hideHelp())
    .addHelpText(
      'after',
      '\nEvery setting of docs/configuration.md is also a flag of the commands that use it.\n',
    );
  program
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => undefined, outputError: () => undefined });
  for (const entry of COMMANDS) {
    if (!('commands' in entry)) addCommand(program, entry, launch);
    else {
      const group = program.command(entry.name).description(entry.text);
      for (const definition of entry.commands) addCommand(group, definition, launch);
    }
  }
  return program;
}

function addCommand(parent: Parser, definition: CommandDefinition, launch: Launch): void {
  const { name, text, options = [], argument, settings, load } = definition;
  const command = parent.command(name).description(text).option('--json', 'print JSON');
  for (const { flags, text: meaning, preset, hidden } of options) {
    const option = new Option(flags, meaning).default(preset);
    command.addOption(hidden === true ? option.hideHelp() : option);
  }
  if (argument !== undefined) command.argument(argument.name, argument.text);
  if (definition.allowsExcessArguments === true) command.allowExcessArguments();
  if (settings !== undefined) addSettings(command, settings);
  command.action(() => launch(load, flagsOf(command), command.args));
}

/** Every setting is a flag; the help shows those that the command is usually called with. */
function addSettings(command: Parser, shown: readonly SettingKey[]): void {
  command.option('--config <path>', 'configuration file, or the directory of runner.yaml');
  for (const key of SETTING_KEYS) {
    const { flag, text } = SETTINGS[key];
    const option = new Option(`${flag} <value>`, text.split('. ')[0]!.replace(/\.$/, ''));
    command.addOption(shown.includes(key) ? option : option.hideHelp());
  }
}

function flagsOf(command: Parser): Flags {
  const values = command.opts<Record<string, unknown>>();
  return new Map(
    command.options.flatMap((option) => {
      const value = values[option.attributeName()];
      return typeof value === 'string' || value === true
        ? [[option.long!.slice(2), value] as const]
        : [];
    }),
  );
}

/**
 * A USAGE error from commander's, without the values on the command line: one could be a secret.
 * Undefined after help was shown on request.
 */
export function usageError(thrown: CommanderError): RunnerError | undefined {
  if (thrown.exitCode === 0) return undefined;
  if (thrown.code === 'commander.help') return new RunnerError('USAGE', 'no command given');
  const text = thrown.message
    .replace(/^error: /, '')
    .replace(/(?<option>'--?[A-Za-z-]+)=.*?'/s, "$<option>'");
  return new RunnerError('USAGE', text.replace(/\n\s*/g, ' '));
}
