import { Command as Parser, Option, type CommanderError } from 'commander';
import { SETTING_KEYS, SETTINGS, type SettingKey } from '../config/schema.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { Command, Flags } from './invocation.ts';

/** Runs a command that the command line has chosen. */
export type Launch = (
  load: () => Promise<Command>,
  flags: Flags,
  operands: readonly string[],
) => Promise<void>;

const WORKFLOW: readonly [string, string] = [
  '--workflow <file>',
  'OpenMetadata workflow document, YAML or JSON',
];

/** The commands and their flags. Each command's code is loaded only when it runs. */
export function buildProgram(launch: Launch, write: (text: string) => void): Parser {
  const program = new Parser('hybrid-runner')
    .description('Takes metadata jobs from a data catalog and runs them inside your network.')
    .option('-V, --version', 'the version')
    .addOption(new Option('--json').hideHelp())
    .addHelpText(
      'after',
      '\nEvery setting of docs/configuration.md is also a flag of the commands that use it.\n',
    );
  program
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => undefined, outputError: () => undefined });
  const leaf = (
    parent: Parser,
    usage: string,
    text: string,
    load: () => Promise<Command>,
  ): Parser => {
    const node = parent.command(usage).description(text).option('--json', 'output for machines');
    return node.action(() => launch(load, flagsOf(node), node.args));
  };

  const enroll = leaf(
    program,
    'enroll',
    'get an identity from a control plane',
    async () => (await import('./commands/enroll.ts')).enroll,
  )
    .option('--token-file <file>', 'file with the enrollment token; - for standard input')
    .option('--replace', 'replace the identity that is there')
    .addOption(new Option('--token <token>').hideHelp());
  settings(enroll, [
    'controlPlane.url',
    'controlPlane.caFile',
    'controlPlane.channel',
    'name',
    'stateDir',
    'network.proxy',
    'network.noProxy',
    'network.connectTo',
    'network.caFile',
  ]);
  settings(
    leaf(
      program,
      'run',
      'serve the control plane until stopped',
      async () => (await import('./commands/run.ts')).run,
    ),
    ['controlPlane.channel', 'capacity', 'log.level'],
  );
  settings(
    leaf(
      program,
      'ingest',
      'run one ingestion without a control plane',
      async () => (await import('./commands/ingest.ts')).ingest,
    )
      .option(...WORKFLOW)
      .option(
        '--out <file>',
        'where the records go, a line of JSON each; standard output when left out',
      ),
    [],
  );
  settings(
    leaf(
      program,
      'test-connection',
      'test a connection step by step',
      async () => (await import('./commands/test-connection.ts')).testConnection,
    ).option(...WORKFLOW),
    [],
  );
  settings(
    leaf(
      program,
      'status',
      'how the running runner is',
      async () => (await import('./commands/status.ts')).status,
    ),
    ['status.socket'],
  );
  addSecrets(program, leaf);
  addInspection(program, leaf);
  addService(program, leaf);
  leaf(
    program,
    'version',
    'version, Node and platform',
    async () => (await import('./commands/version.ts')).showVersion,
  );
  return program;
}

type Leaf = (parent: Parser, usage: string, text: string, load: () => Promise<Command>) => Parser;

function addSecrets(program: Parser, leaf: Leaf): void {
  const secrets = program.command('secrets').description('the local vault');
  const set = leaf(
    secrets,
    'set',
    'store a value: asked for on a terminal, else read from standard input',
    async () => (await import('./commands/secrets.ts')).set,
  );
  // A value behind the reference is let through, to be refused with a better word than "too many arguments".
  set.argument('<reference>', 'secret:/segment/segment').allowExcessArguments();
  settings(set, ['secrets.vault.file', 'secrets.vault.keyFile']);
  settings(
    leaf(
      secrets,
      'list',
      'references, versions and dates, never values',
      async () => (await import('./commands/secrets.ts')).list,
    ),
    ['secrets.vault.file'],
  );
  settings(
    leaf(
      secrets,
      'rm',
      'remove a value',
      async () => (await import('./commands/secrets.ts')).remove,
    ).argument('<reference>', 'secret:/segment/segment'),
    ['secrets.vault.file'],
  );
  settings(
    leaf(
      secrets,
      'rotate',
      'encrypt the vault under a new key',
      async () => (await import('./commands/secrets.ts')).rotate,
    ),
    ['secrets.vault.file', 'secrets.vault.keyFile'],
  );
}

function addInspection(program: Parser, leaf: Leaf): void {
  const config = program.command('config').description('the configuration');
  settings(
    leaf(
      config,
      'show',
      'every setting with its source, secrets hidden',
      async () => (await import('./commands/config.ts')).show,
    ),
    [],
  );
  const policy = program.command('policy').description('the local policy');
  settings(
    leaf(
      policy,
      'show',
      'the rules in force',
      async () => (await import('./commands/policy.ts')).show,
    ),
    ['policyFile'],
  );
  settings(
    leaf(
      policy,
      'check',
      'whether the policy file is sound',
      async () => (await import('./commands/policy.ts')).check,
    ),
    ['policyFile'],
  );
}

function addService(program: Parser, leaf: Leaf): void {
  const service = program.command('service').description('the system service');
  settings(
    leaf(
      service,
      'install',
      'write the systemd unit',
      async () => (await import('./commands/service.ts')).install,
    )
      .option('--now', 'start it as well')
      .option('--user <name>', 'the user it runs as; made when absent', 'hybrid-runner'),
    [],
  );
  settings(
    leaf(
      service,
      'uninstall',
      'stop the service and remove its unit; state and configuration stay',
      async () => (await import('./commands/service.ts')).uninstall,
    )
      .option('--purge', 'remove state, configuration, keys and user as well')
      .option('--user <name>', 'the user it runs as', 'hybrid-runner'),
    [],
  );
  settings(
    leaf(
      service,
      'check',
      'whether the service has all it needs and its user can read it',
      async () => (await import('./commands/service.ts')).check,
    ),
    [],
  );
  settings(
    leaf(
      service,
      'print',
      'show the unit',
      async () => (await import('./commands/service.ts')).print,
    ).option('--user <name>', 'the user it runs as', 'hybrid-runner'),
    [],
  );
}

/** Every setting is a flag; help shows those a command is mostly called with. */
function settings(node: Parser, shown: readonly SettingKey[]): void {
  node.option('--config <path>', 'configuration file, or the directory of runner.yaml');
  for (const key of SETTING_KEYS) {
    const { flag, text } = SETTINGS[key];
    const option = new Option(`${flag} <value>`, text.split('. ')[0]);
    node.addOption(shown.includes(key) ? option : option.hideHelp());
  }
}

function flagsOf(node: Parser): Flags {
  const values = node.opts<Record<string, unknown>>();
  return new Map(
    node.options.flatMap((option) => {
      const value = values[option.attributeName()];
      return typeof value === 'string' || value === true
        ? [[option.long!.slice(2), value] as const]
        : [];
    }),
  );
}

/** What commander says about a wrong command line, without the values in it: one of them may be a secret. Undefined: help was asked for and shown. */
export function usageError(thrown: CommanderError): RunnerError | undefined {
  if (thrown.exitCode === 0) return undefined;
  if (thrown.code === 'commander.help') return new RunnerError('USAGE', 'a command is missing');
  const text = thrown.message
    .replace(/^error: /, '')
    .replace(/(?<option>'--?[A-Za-z-]+)=.*?'/s, "$<option>'");
  return new RunnerError('USAGE', text.replace(/\n\s*/g, ' '));
}
