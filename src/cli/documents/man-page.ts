import { CONFIG_VARIABLE, SYSTEM_PLACES } from '../../config/places.ts';
import { EXIT } from '../exit-codes.ts';
import {
  documentedCommands,
  flattened,
  HELP_OPTION,
  VERSION_OPTION,
  type DocumentedCommand,
  type DocumentedOption,
} from './command-lines.ts';
import { wrapLine } from '../wrap.ts';
import { GENERATED_LINE } from './generated.ts';

const NAME = 'hybrid-runner';
const LINE_LENGTH = 78;

/** A paragraph each. */
const DESCRIPTION: readonly string[] = [
  [
    'The runner takes metadata jobs from the control plane of a data catalog over one outbound',
    'connection, resolves `secret:` references on this machine, extracts metadata, and sends it',
    'back. Credentials never leave the machine.',
  ].join(' '),
  [
    "A machine's runner is set up with `enroll`, `secrets set`, a policy file and `service",
    'install`. `ingest` does one extraction without a control plane.',
  ].join(' '),
  [
    'Every setting of the configuration file is also a flag of the commands that use it; this page',
    'shows those that a command is usually called with. With `--json`, a command prints one JSON',
    'document.',
  ].join(' '),
];

const FILES: readonly (readonly [path: string, meaning: string])[] = [
  [`${SYSTEM_PLACES.configDir}/runner.yaml`, 'The configuration, optional.'],
  [`${SYSTEM_PLACES.configDir}/policy.yaml`, 'The local policy: which secrets may be sent where.'],
  [`${SYSTEM_PLACES.configDir}/keys/vault.key`, 'The key of the vault.'],
  [SYSTEM_PLACES.stateDir, 'Identity, vault and undelivered records.'],
];

const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  [CONFIG_VARIABLE, 'Configuration file, or the directory of runner.yaml.'],
  ['HYBRID_RUNNER_*', 'Settings: HYBRID_RUNNER_LOG_LEVEL is log.level.'],
  ['HTTPS_PROXY, NO_PROXY', 'The proxy, if the configuration names none.'],
  ['NO_COLOR', 'If not empty, the output has no colors.'],
];

/** packaging/man/hybrid-runner.1, in the macros of man(7). */
export function manPage(): string {
  const commands = flattened(documentedCommands()).filter(({ words }) => words[0] !== 'help');
  const sections = [
    section('NAME', `${NAME} \\- run metadata ingestions inside your network`),
    section('SYNOPSIS', `.B ${escaped(NAME)}\n.I command\n[options]`),
    section('DESCRIPTION', DESCRIPTION.map(prose).join('\n.PP\n')),
    section('OPTIONS', [HELP_OPTION, VERSION_OPTION].map(optionEntry).join('\n')),
    section(
      'COMMANDS',
      commands
        .filter(({ isCommand }) => isCommand)
        .map(command)
        .join('\n'),
    ),
    section(
      'EXIT STATUS',
      Object.values(EXIT)
        .map(({ code, meaning }) => entry(`${code}`, meaning))
        .join('\n'),
    ),
    section('ENVIRONMENT', ENVIRONMENT.map(([name, meaning]) => entry(name, meaning)).join('\n')),
    section('FILES', FILES.map(([path, meaning]) => entry(path, meaning)).join('\n')),
    section('SEE ALSO', '.BR systemctl (1),\n.BR journalctl (1)'),
  ];
  return `.\\" ${GENERATED_LINE.replaceAll('`', '')}\n.TH HYBRID\\-RUNNER 1\n${sections.join('\n')}\n`;
}

function section(title: string, content: string): string {
  return `.SH ${title}\n${content}`;
}

function command({ words, text, usage, options }: DocumentedCommand): string {
  const title = escaped([NAME, ...words, usage].join(' '));
  return `.SS ${title}\n${prose(text)}\n${options
    .filter(({ names }) => !names.includes('--help'))
    .map(optionEntry)
    .join('\n')}`;
}

function optionEntry({ names, value, text }: DocumentedOption): string {
  const argument = value === undefined ? '' : ` \\fI${escaped(value.name)}\\fR`;
  const flags = names.map((name) => `\\fB${escaped(name)}\\fR${argument}`).join(', ');
  return `.TP\n${flags}\n${prose(text)}`;
}

function entry(term: string, meaning: string): string {
  return `.TP\n.B ${escaped(term)}\n${prose(meaning)}`;
}

/**
 * Text with `code` in bold, in short lines. A line must not start with a character that starts a
 * request.
 */
function prose(text: string): string {
  const formatted = text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? `\\fB${escaped(part)}\\fR` : escaped(part)))
    .join('');
  return wrapLine(formatted, LINE_LENGTH, '').replace(/^(?=[.'])/gm, '\\&');
}

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  '’': '\\(cq',
  '–': '\\(en',
  '…': '...',
};

function escaped(text: string): string {
  return text.replace(/[\\’–…-]/g, (character) => SPECIAL[character]!);
}
