import type { CommandDefinition, CommandGroup } from './command-definition.ts';
import { JOB_COMMANDS } from './job-commands.ts';
import { SEALING_COMMANDS } from './sealing-commands.ts';
import { SERVICE_COMMANDS } from './service-commands.ts';
import { TRUST_COMMANDS, WORKFLOW } from './trust-commands.ts';

const REFERENCE = { name: '<reference>', text: 'secret:/segment/segment' } as const;

/** The commands in the order of the help. */
export const COMMANDS: readonly (CommandDefinition | CommandGroup)[] = [
  {
    name: 'enroll',
    text: 'enroll this runner with a control plane',
    options: [
      {
        flags: '--token-file <file>',
        text: 'file with the enrollment token; - reads standard input',
        required: true,
      },
      { flags: '--replace', text: 'replace an existing identity' },
      { flags: '--token <token>', text: '', hidden: true },
    ],
    settings: [
      'controlPlane.url',
      'controlPlane.caFile',
      'controlPlane.channel',
      'name',
      'stateDir',
      'network.proxy',
      'network.noProxy',
      'network.connectTo',
      'network.caFile',
    ],
    load: async () => (await import('./commands/enroll.ts')).enroll,
  },
  {
    name: 'run',
    text: 'take jobs from the control plane until stopped',
    settings: ['controlPlane.channel', 'capacity', 'log.level'],
    load: async () => (await import('./commands/run.ts')).run,
  },
  {
    name: 'ingest',
    text: 'run one ingestion without a control plane',
    options: [
      WORKFLOW,
      {
        flags: '--out <file>',
        text: [
          'write the records to this file, one JSON object per line; by default they go to the',
          'sink of the workflow, or to standard output without one',
        ].join(' '),
      },
    ],
    settings: [],
    load: async () => (await import('./commands/ingest.ts')).ingest,
  },
  {
    name: 'test-connection',
    text: 'test a connection step by step',
    options: [WORKFLOW],
    settings: [],
    load: async () => (await import('./commands/step-job.ts')).stepJob('test_connection'),
  },
  {
    name: 'status',
    text: 'show the status of the running runner',
    options: [{ flags: '--watch', text: 'show each change, until interrupted' }],
    settings: ['status.socket'],
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'doctor',
    text: 'check the installation, its surroundings and its policy; changes nothing',
    options: [
      { flags: '--only <checks>', text: 'only these checks and those they need, comma-separated' },
      { flags: '--timeout <duration>', text: 'longest time to wait for a server', default: '5s' },
      {
        flags: '-c, --workflow <file>',
        text: 'sign in to the source of this OpenMetadata workflow document as well',
      },
    ],
    settings: ['policyFile', 'stateDir'],
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'runs',
    text: 'list the recent attempts on this machine, of the service and of ingest',
    ownCommand: {
      name: 'runs',
      text: 'list the recent attempts on this machine, of the service and of ingest',
      settings: ['stateDir'],
      load: async () => (await import('./commands/runs.ts')).list,
    },
    commands: [
      {
        name: 'show',
        text: 'show an attempt with the end of its log',
        argument: {
          name: '<id>',
          text: 'run, or the start of its id; RUN/ATTEMPT for an attempt other than the last',
        },
        settings: ['stateDir'],
        load: async () => (await import('./commands/runs.ts')).show,
      },
    ],
  },
  {
    name: 'support-bundle',
    text: 'collect diagnostics for support, without secrets',
    options: [
      {
        flags: '--output <file>',
        text: 'file to write; by default hybrid-runner-support-TIME.tar.gz in this directory',
      },
    ],
    settings: ['stateDir'],
    load: async () => (await import('./commands/support-bundle.ts')).supportBundle,
  },
  {
    name: 'secrets',
    text: 'manage the local vault, and check references',
    commands: [
      {
        name: 'set',
        text: 'store a value, read from a prompt on a terminal, else from standard input',
        argument: REFERENCE,
        // A value after the reference is rejected with a better message than "too many arguments".
        allowsExcessArguments: true,
        settings: ['secrets.vault.file', 'secrets.vault.keyFile'],
        load: async () => (await import('./commands/secrets.ts')).set,
      },
      {
        name: 'list',
        text: 'list references, versions and dates, never values',
        settings: ['secrets.vault.file'],
        load: async () => (await import('./commands/secrets.ts')).list,
      },
      {
        name: 'rm',
        text: 'remove a value',
        argument: REFERENCE,
        settings: ['secrets.vault.file'],
        load: async () => (await import('./commands/secrets.ts')).remove,
      },
      {
        name: 'check',
        text: 'show where a reference leads, its version and the rules that permit its use',
        argument: REFERENCE,
        settings: ['policyFile'],
        load: async () => (await import('./commands/secret-check.ts')).check,
      },
      {
        name: 'rotate',
        text: 're-encrypt the vault with a new key',
        settings: ['secrets.vault.file', 'secrets.vault.keyFile'],
        load: async () => (await import('./commands/secrets.ts')).rotate,
      },
      {
        name: 'accept-restored',
        text: 'accept a vault that was restored from a backup',
        settings: ['secrets.vault.file', 'secrets.vault.keyFile'],
        load: async () => (await import('./commands/secrets.ts')).acceptRestored,
      },
    ],
  },
  ...SEALING_COMMANDS,
  {
    name: 'config',
    text: 'inspect the configuration',
    commands: [
      {
        name: 'show',
        text: 'show every setting and its source, with secrets hidden',
        settings: [],
        load: async () => (await import('./commands/config.ts')).show,
      },
    ],
  },
  ...TRUST_COMMANDS,
  JOB_COMMANDS,
  SERVICE_COMMANDS,
  {
    name: 'upgrade',
    text: 'install a newer archive beside this one; rolls back if it does not connect',
    options: [
      {
        flags: '--archive <file>',
        text: 'the archive of the release, with SHA256SUMS and SHA256SUMS.sig beside it',
      },
      {
        flags: '--check',
        text: 'only report whether a newer version exists; requires upgrade.check',
      },
    ],
    settings: ['upgrade.check'],
    load: async () => (await import('./commands/upgrade.ts')).upgradeCommand,
  },
  {
    name: 'version',
    text: 'show version, Node.js and platform',
    load: async () => (await import('./commands/version.ts')).showVersion,
  },
];
