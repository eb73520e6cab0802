import type { Command as Parser, CommanderError } from 'commander';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { CommandDefinition } from './command-definition.ts';

/** What follows the name of a command in its usage: `--workflow <file> [options] <reference>`. */
export function synopsis({ options = [], argument }: CommandDefinition): string {
  const required = options.filter((option) => option.required === true);
  const flags = required.map(({ flags: text }) => text.replace(/^-\w, /, ''));
  return [...flags, '[options]', ...(argument === undefined ? [] : [argument.name])].join(' ');
}

/**
 * The USAGE error for a problem that the parser found in the arguments of a command, without the
 * values on the command line: one could be a secret. After help that was requested, the problem
 * itself.
 */
export function commandLineError(
  command: Parser,
  problem: CommanderError,
): RunnerError | CommanderError {
  if (problem.exitCode === 0) return problem;
  const text =
    problem.code === 'commander.help'
      ? 'no command given'
      : problem.message
          .replace(/^error: /, '')
          .replace(/(?<option>'--?[A-Za-z-]+)=.*?'/s, "$<option>'")
          .replace(/\n\s*/g, ' ');
  return new RunnerError('USAGE', text, { remedy: usageOf(command) });
}

/** A USAGE error of a command gets its usage, after the remedy that the command gave. */
export function withUsage(command: Parser, thrown: unknown): unknown {
  if (!(thrown instanceof RunnerError) || thrown.code !== 'USAGE') return thrown;
  const usage = usageOf(command);
  return thrown.with({ remedy: thrown.hasOwnRemedy ? `${thrown.remedy} ${usage}` : usage });
}

/** Shows the help of the command with these names. Throws USAGE if there is none. */
export function showHelp(program: Parser, names: readonly string[]): void {
  let command = program;
  for (const name of names) {
    const next = command.commands.find((child) => child.name() === name);
    if (next === undefined)
      throw new RunnerError('USAGE', `there is no command '${[...names].join(' ')}'`, {
        remedy: usageOf(command),
      });
    command = next;
  }
  command.outputHelp();
}

function usageOf(command: Parser): string {
  const name = nameOf(command);
  const names = command.commands.map((child) => child.name());
  const commands = names.length === 0 ? '' : `Commands: ${names.join(', ')}. `;
  return `Usage: ${name} ${command.usage()}. ${commands}Run \`${name} --help\` for details.`;
}

/** As typed: `hybrid-runner secrets set`. */
function nameOf(command: Parser): string {
  const { parent } = command;
  return parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`;
}
