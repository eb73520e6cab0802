import { Command as Parser, Option, type CommanderError } from 'commander';
import { optionsOf } from './command-options.ts';
import type { CommandDefinition, CommandGroup } from './command-definition.ts';
import { COMMANDS } from './command-table.ts';
import { HELP_LAYOUT } from './help-layout.ts';
import type { Command, Flags } from './invocation.ts';
import { commandLineError, synopsis, withUsage } from './usage.ts';
import { wrap } from './wrap.ts';

/** Runs the command that the command line selects. */
export type Launch = (
  load: () => Promise<Command>,
  flags: Flags,
  operands: readonly string[],
) => Promise<void>;

export interface ProgramOutput {
  readonly write: (text: string) => void;
  /** Columns of the terminal; undefined where the output goes elsewhere. */
  readonly columns: number | undefined;
}

/** Width of help that goes to a file or a pager. */
const HELP_COLUMNS = 80;

const SETTINGS_HINT =
  'Every setting of docs/configuration.md is also a flag of the commands that use it.';

/** The parser of the command line. It rejects with a USAGE error that shows the command's usage. */
export function buildProgram(launch: Launch, { write, columns }: ProgramOutput): Parser {
  const width = columns ?? HELP_COLUMNS;
  const program = new Parser('hybrid-runner')
    .description('Takes metadata jobs from a data catalog and runs them inside your network.')
    .usage('<command> [options]')
    .option('-V, --version', 'show the version')
    .addOption(new Option('--json').hideHelp())
    // Options after the name of a command belong to it, also if it is within a group.
    .enablePositionalOptions()
    .addHelpText('after', `\n${SETTINGS_HINT}\n`);
  program
    .helpCommand('help [command...]', 'show the help of a command')
    .configureHelp(HELP_LAYOUT)
    .configureOutput({
      writeOut: (text) => write(wrap(text, width)),
      writeErr: () => undefined,
      outputError: () => undefined,
      getOutHelpWidth: () => width,
    });
  failWithUsage(program);
  for (const entry of COMMANDS) {
    if (!('commands' in entry)) addCommand(program, entry, launch);
    else {
      const group = addGroup(program, entry, launch);
      for (const definition of entry.commands) addCommand(group, definition, launch);
    }
  }
  return program;
}

function addGroup(
  program: Parser,
  { name, text, ownCommand }: CommandGroup,
  launch: Launch,
): Parser {
  if (ownCommand !== undefined)
    return addCommand(program, ownCommand, launch).usage('[command] [options]').helpCommand(false);
  const group = program.command(name).description(text).usage('<command> [options]');
  failWithUsage(group);
  return group.helpCommand(false);
}

function failWithUsage(command: Parser): void {
  command.exitOverride((problem: CommanderError) => {
    throw commandLineError(command, problem);
  });
}

function addCommand(parent: Parser, definition: CommandDefinition, launch: Launch): Parser {
  const { name, text, argument, load } = definition;
  const command = parent.command(name).description(text).usage(synopsis(definition));
  failWithUsage(command);
  for (const { flags, text: meaning, default: fallback, hidden } of optionsOf(definition)) {
    const option = new Option(flags, meaning).default(fallback);
    command.addOption(hidden === true ? option.hideHelp() : option);
  }
  if (argument !== undefined) command.argument(argument.name, argument.text);
  if (definition.allowsExcessArguments === true) command.allowExcessArguments();
  command.action(() =>
    launch(load, flagsOf(command), command.args).catch((thrown: unknown) => {
      throw withUsage(command, thrown);
    }),
  );
  return command;
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
