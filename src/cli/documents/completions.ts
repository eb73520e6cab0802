import {
  documentedCommands,
  flattened,
  HELP_OPTION,
  VERSION_OPTION,
  type DocumentedCommand,
  type DocumentedOption,
} from './command-lines.ts';
import { GENERATED_LINE } from './generated.ts';

/** packaging/completions/hybrid-runner.bash */
export function bashCompletion(): string {
  const all = flattened(documentedCommands());
  const cases = [topLevel(), ...all]
    .filter(hasWords)
    .map(
      ({ words, options, children }) =>
        `    ${bashPattern(words, children)}) words=${quoted(wordsOf(options, children).join(' '))} ;;`,
    );
  return `# ${GENERATED_LINE}
_hybrid_runner() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command='' words='' index
  COMPREPLY=()
  case $previous in
${bashValues(all)}
  esac
  for ((index = 1; index < COMP_CWORD; index++)); do
    case \${COMP_WORDS[index]} in
      -*) break ;;
      *) command="\${command:+$command }\${COMP_WORDS[index]}" ;;
    esac
  done
  case $command in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _hybrid_runner hybrid-runner
`;
}

/** Operands may follow a command, but not a group of commands. */
function bashPattern(words: readonly string[], children: readonly DocumentedCommand[]): string {
  const name = quoted(words.join(' '));
  return children.length > 0 ? name : `${name}|${quoted(`${words.join(' ')} `)}*`;
}

/** The values of options: an option has the same ones in every command. */
function bashValues(commands: readonly DocumentedCommand[]): string {
  const options = commands.flatMap((command) => command.options);
  const namesOf = (kind: string): string =>
    unique(options.filter(({ value }) => value?.kind === kind).flatMap(({ names }) => names)).join(
      '|',
    );
  const choices = new Map(
    options
      .filter(({ value }) => value?.kind === 'choice')
      .map(({ names, value }) => [names.join('|'), value!.choices.join(' ')]),
  );
  return [
    `    ${namesOf('file')})
      compopt -o filenames
      COMPREPLY=($(compgen -f -- "$current"))
      return ;;`,
    ...[...choices].map(
      ([names, words]) =>
        `    ${names}) COMPREPLY=($(compgen -W ${quoted(words)} -- "$current")); return ;;`,
    ),
    `    ${namesOf('text')}) return ;;`,
  ].join('\n');
}

/** packaging/completions/_hybrid-runner, for zsh */
export function zshCompletion(): string {
  const commands = documentedCommands();
  return `#compdef hybrid-runner
# ${GENERATED_LINE}
_hybrid-runner() {
  local curcontext=$curcontext state line
  typeset -A opt_args
${zshCommand(topLevel(commands), '  ')}
}
_hybrid-runner "$@"
`;
}

function zshCommand({ options, children, usage }: DocumentedCommand, indent: string): string {
  const described = options.map((option) => `${indent}  ${zshOption(option)}`);
  if (children.length === 0) {
    const operand =
      /<\w+>$/.test(usage) && !usage.endsWith('[options]') ? [`${indent}  '1: :'`] : [];
    const lines = [...described, ...operand];
    return lines.length === 0 ? `${indent}:` : `${indent}_arguments \\\n${lines.join(' \\\n')}`;
  }
  const names = children.map(
    ({ words, text }) =>
      `${indent}    ${quoted(`${words.at(-1)!}:${text.replaceAll(':', '\\:')}`)}`,
  );
  const branches = children.map(
    (child) => `${indent}    ${child.words.at(-1)!})
${zshCommand(child, `${indent}      `)} ;;`,
  );
  return `${indent}_arguments -C \\
${[...described, `${indent}  '1: :->command'`, `${indent}  '*:: :->arguments'`].join(' \\\n')}
${indent}case $state in
${indent}  command)
${indent}    local -a commands=(
${names.join('\n')}
${indent}    )
${indent}    _describe command commands ;;
${indent}  arguments)
${indent}    case $line[1] in
${branches.join('\n')}
${indent}    esac ;;
${indent}esac`;
}

function zshOption({ names, value, text }: DocumentedOption): string {
  const meaning = `[${text.replace(/[[\]:\\]/g, String.raw`\$&`)}]`;
  const after = value === undefined ? '' : `:${value.name}:${zshValue(value)}`;
  const spec = quoted(`${meaning}${after}`);
  return names.length === 1
    ? quoted(`${names[0]!}${meaning}${after}`)
    : `'(${names.join(' ')})'{${names.join(',')}}${spec}`;
}

function zshValue({ kind, choices }: NonNullable<DocumentedOption['value']>): string {
  if (kind === 'file') return '_files';
  return kind === 'choice' ? `(${choices.join(' ')})` : ' ';
}

/** packaging/completions/hybrid-runner.fish */
export function fishCompletion(): string {
  const commands = documentedCommands();
  const lines = [topLevel(commands), ...flattened(commands)].flatMap((command) => {
    const words = command.words.join(' ');
    const [isCommand, inCommand] = [
      `-n ${fishQuoted(`__hybrid_runner_is ${fishQuoted(words)}`)}`,
      `-n ${fishQuoted(`__hybrid_runner_in ${fishQuoted(words)}`)}`,
    ];
    return [
      ...command.children.map(
        (child) =>
          `complete -c hybrid-runner ${isCommand} -a ${child.words.at(-1)!} -d ${fishQuoted(child.text)}`,
      ),
      ...command.options.map(
        (option) =>
          `complete -c hybrid-runner ${command.children.length > 0 ? isCommand : inCommand} ${fishOption(option)}`,
      ),
    ];
  });
  return `# ${GENERATED_LINE}
function __hybrid_runner_words
    for word in (commandline -opc)[2..]
        string match --quiet -- '-*' $word; and break
        echo $word
    end
end

function __hybrid_runner_is
    set --local words (__hybrid_runner_words)
    test "$words" = "$argv[1]"
end

function __hybrid_runner_in
    string match --quiet -- "$argv[1] *" (string join ' ' (__hybrid_runner_words) '')
end

complete -c hybrid-runner -f
${lines.join('\n')}
`;
}

function fishOption({ names, value, text }: DocumentedOption): string {
  const flags = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const after = {
    file: '-r -F',
    choice: `-x -a ${fishQuoted(value?.choices.join(' ') ?? '')}`,
    text: '-x',
  };
  return [
    ...flags,
    ...(value === undefined ? [] : [after[value.kind]]),
    `-d ${fishQuoted(text)}`,
  ].join(' ');
}

function topLevel(
  children: readonly DocumentedCommand[] = documentedCommands(),
): DocumentedCommand {
  return {
    words: [],
    text: '',
    usage: '',
    isCommand: false,
    options: [HELP_OPTION, VERSION_OPTION],
    children,
  };
}

function hasWords({ options, children }: DocumentedCommand): boolean {
  return options.length + children.length > 0;
}

function wordsOf(
  options: readonly DocumentedOption[],
  children: readonly DocumentedCommand[],
): string[] {
  return [...children.map(({ words }) => words.at(-1)!), ...options.flatMap(({ names }) => names)];
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

/** For bash and zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function fishQuoted(text: string): string {
  return `'${text.replace(/[\\']/g, String.raw`\$&`)}'`;
}
