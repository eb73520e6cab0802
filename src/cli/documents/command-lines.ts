import { optionsOf } from '../command-options.ts';
import type { CommandDefinition, CommandGroup, OptionDefinition } from '../command-definition.ts';
import { COMMANDS } from '../command-table.ts';
import { synopsis } from '../usage.ts';

/** One option as man page and completions describe it. */
export interface DocumentedOption {
  /** As in `-c`, where there is one, and `--workflow`. */
  readonly names: readonly string[];
  /** What follows it: a file, one of some words, or text that cannot be guessed. */
  readonly value?: {
    readonly name: string;
    readonly kind: 'file' | 'choice' | 'text';
    readonly choices: readonly string[];
  };
  readonly text: string;
}

/** A command, or a group of them, as typed after the name of the program. */
export interface DocumentedCommand {
  readonly words: readonly string[];
  readonly text: string;
  readonly usage: string;
  /** Whether it does something without one of its children. */
  readonly isCommand: boolean;
  readonly options: readonly DocumentedOption[];
  readonly children: readonly DocumentedCommand[];
}

export const HELP_OPTION: DocumentedOption = { names: ['-h', '--help'], text: 'show the help' };
export const VERSION_OPTION: DocumentedOption = {
  names: ['-V', '--version'],
  text: 'show the version',
};
const HELP_COMMAND = { name: 'help', text: 'show the help of a command' } as const;

/** The commands in the order of the help, `help` last. */
export function documentedCommands(): readonly DocumentedCommand[] {
  const commands = COMMANDS.map((entry) =>
    'commands' in entry ? documentedGroup(entry) : documentedCommand(entry, []),
  );
  return [...commands, helpCommand(commands)];
}

/** All of them, without those of `help`, whose words are the others. */
export function flattened(commands: readonly DocumentedCommand[]): readonly DocumentedCommand[] {
  return commands.flatMap((command) => [command, ...flattened(command.children)]);
}

function documentedGroup({ name, text, ownCommand, commands }: CommandGroup): DocumentedCommand {
  const itself = ownCommand === undefined ? undefined : documentedCommand(ownCommand, []);
  return {
    words: [name],
    text,
    usage: itself?.usage ?? '<command> [options]',
    isCommand: itself !== undefined,
    options: itself?.options ?? [HELP_OPTION],
    children: commands.map((definition) => documentedCommand(definition, [name])),
  };
}

function documentedCommand(
  definition: CommandDefinition,
  parents: readonly string[],
): DocumentedCommand {
  const options = optionsOf(definition).filter(({ hidden }) => hidden !== true);
  return {
    words: [...parents, definition.name],
    text: definition.text,
    usage: synopsis(definition),
    isCommand: true,
    options: [...options.map(documentedOption), HELP_OPTION],
    children: [],
  };
}

function helpCommand(commands: readonly DocumentedCommand[]): DocumentedCommand {
  const topics = (of: readonly DocumentedCommand[]): DocumentedCommand[] =>
    of.map((command) => ({
      ...command,
      words: [HELP_COMMAND.name, ...command.words],
      options: [],
      children: topics(command.children),
    }));
  const { name, text } = HELP_COMMAND;
  return {
    words: [name],
    text,
    usage: '[command...]',
    isCommand: true,
    options: [],
    children: topics(commands),
  };
}

function documentedOption({ flags, text, choices = [] }: OptionDefinition): DocumentedOption {
  const names = flags.match(/(?<!\S)--?[\w-]+/g) ?? [];
  const name = /<(?<name>[^>]+)>/.exec(flags)?.groups?.['name'];
  if (name === undefined) return { names, text };
  const isFile = name === 'file' || name === 'path';
  const kind = isFile ? 'file' : choices.length > 0 ? 'choice' : 'text';
  return { names, text, value: { name, kind, choices } };
}
