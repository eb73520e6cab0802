import type { z } from 'zod';
import {
  connectTo,
  controlPlaneUrl,
  duration,
  formatConnectTo,
  formatDuration,
  formatSize,
  list,
  noProxyRules,
  oneOf,
  proxy,
  secretMounts,
  size,
  text,
  whole,
  yesOrNo,
} from './values.ts';
import { hideProxyCredentials } from '../network/proxy.ts';
import { defaultStateDir, KEY_DIR_NAME } from './places.ts';
import { ENV_PREFIX, type Surroundings } from './surroundings.ts';

/** What a default may depend on: the process's surroundings and the settings before it in the table. */
export interface DefaultContext extends Surroundings {
  /** The directory of the configuration file, or where it would be. */
  readonly configDir: string;
  readonly stateDir: string;
}

/** One setting. Its key is its path in the YAML file; its environment variable follows from the key. */
export interface Setting<T> {
  /** For docs/configuration.md: what a value looks like. */
  readonly kind: string;
  readonly schema: z.ZodType<T>;
  readonly flag: string;
  readonly text: string;
  /** As written in a file; or how to find it, with `words` for the documents. Absent: the setting stays unset. */
  readonly default?:
    | string
    | number
    | boolean
    | { readonly words: string; readonly find: (context: DefaultContext) => unknown };
  /** Variables that other programs follow as well, first one first. They count after this program's own and the file. */
  readonly conventional?: {
    readonly variables: readonly string[];
    readonly read?: (value: string) => string;
  };
  /** Kept at enrollment for later starts, which may have other flags and variables. */
  readonly keptAtEnrollment?: boolean;
  /** Relative paths are resolved against the file's directory, or the working directory for flags and environment. */
  readonly isPath?: boolean;
  /** What people may see of the value. */
  readonly show?: (value: T) => unknown;
  /** Whether the value, or part of it, is secret; such a value is refused on the command line. */
  readonly secret?: (value: string) => boolean;
}

function setting<T>(definition: Setting<T>): Setting<T> {
  return definition;
}

const pathKind = { kind: 'path', schema: text(), isPath: true } as const;

/** Every setting there is. Files, environment, flags, `config show` and docs/configuration.md all follow this table. */
export const SETTINGS = {
  'controlPlane.url': setting({
    kind: '`wss://host:port`',
    schema: controlPlaneUrl(),
    flag: '--url',
    text: 'The control plane. Enrollment stores it, so it is needed once; set later, it must be the one enrolled with.',
  }),
  'controlPlane.caFile': setting({
    ...pathKind,
    flag: '--ca-file',
    keptAtEnrollment: true,
    text: 'PEM file of the CA that signed the control plane’s certificate. When set, public CAs are not trusted for it.',
  }),
  'controlPlane.channel': setting({
    kind: '`auto`, `ws` or `grpc`',
    schema: oneOf(['auto', 'ws', 'grpc']),
    default: 'auto',
    flag: '--channel',
    keptAtEnrollment: true,
    text: 'The transport. `auto` prefers WebSocket, falls back to gRPC, and keeps trying the preferred one.',
  }),
  name: setting({
    kind: 'text',
    schema: text(),
    default: { words: 'the host name', find: ({ hostname }) => hostname },
    flag: '--name',
    text: 'What the runner is called in the control plane.',
  }),
  stateDir: setting({
    ...pathKind,
    flag: '--state-dir',
    default: {
      words:
        '`$STATE_DIRECTORY` (systemd); `/var/lib/hybrid-runner` for root and the service’s user; else `$XDG_STATE_HOME/hybrid-runner`',
      find: defaultStateDir,
    },
    text: 'Identity, spool and vault. Private to the user the runner runs as.',
  }),
  policyFile: setting({
    ...pathKind,
    flag: '--policy-file',
    default: {
      words: '`policy.yaml` in the configuration directory',
      find: ({ configDir, join }) => join(configDir, 'policy.yaml'),
    },
    text: 'The local policy: which secrets may go where (docs/policy.md).',
  }),
  'network.proxy': setting({
    kind: '`http[s]://[user:password@]host:port`',
    schema: proxy(),
    flag: '--proxy',
    keptAtEnrollment: true,
    show: hideProxyCredentials,
    secret: (value) => hideProxyCredentials(value) !== value,
    conventional: {
      variables: ['HTTPS_PROXY', 'https_proxy'],
      read: (value) => (value.includes('://') ? value : `http://${value}`),
    },
    text: 'An HTTP proxy for every connection, by CONNECT. With a password in it, write it in the file or the environment, not as a flag.',
  }),
  'network.noProxy': setting({
    kind: 'list',
    schema: noProxyRules(),
    default: '',
    flag: '--without-proxy',
    keptAtEnrollment: true,
    conventional: { variables: ['NO_PROXY', 'no_proxy'] },
    text: 'What is reached without the proxy: host names (with all below them), `host:port`, addresses, CIDR blocks, `*`. Separated by commas or spaces; an entry that can match nothing is an error.',
  }),
  'network.connectTo': setting({
    kind: 'list of `host:port=host:port`',
    schema: list(connectTo()),
    default: '',
    flag: '--connect-to',
    keptAtEnrollment: true,
    show: (rules) => rules.map(formatConnectTo),
    text: 'Where connections really go, in place of name resolution (PrivateLink, split-horizon DNS). Certificates are checked against the name asked for.',
  }),
  'network.caFile': setting({
    ...pathKind,
    flag: '--network-ca-file',
    keptAtEnrollment: true,
    text: 'PEM file of CAs trusted beside the public ones on every connection, the proxy’s included.',
  }),
  capacity: setting({
    kind: 'whole number, 1 to 64',
    schema: whole(1, 64),
    default: 2,
    flag: '--capacity',
    text: 'Runs at work at once; each has a process of its own.',
  }),
  'jobs.deadline': setting({
    kind: 'duration',
    show: formatDuration,
    schema: duration('1s', '7d'),
    default: '6h',
    flag: '--job-deadline',
    text: 'The longest that a run may take, whatever the control plane allows.',
  }),
  'jobs.memoryMb': setting({
    kind: 'whole number, 64 to 16384',
    schema: whole(64, 16_384),
    default: 256,
    flag: '--job-memory-mb',
    text: 'JavaScript heap of a run’s process, in MiB.',
  }),
  drainTimeout: setting({
    kind: 'duration',
    show: formatDuration,
    schema: duration('0s', '1d'),
    default: '5m',
    flag: '--drain-timeout',
    text: 'How long a stopping runner waits for runs at work. What is not done by then is run again.',
  }),
  'spool.maxBytes': setting({
    kind: 'size',
    show: formatSize,
    schema: size('16MiB', '1TiB'),
    default: '1GiB',
    flag: '--spool-max-bytes',
    text: 'Records on disk that the control plane has not taken yet. Near the limit, runs pause.',
  }),
  'log.level': setting({
    kind: '`debug`, `info`, `warn` or `error`',
    schema: oneOf(['debug', 'info', 'warn', 'error']),
    default: 'info',
    flag: '--log-level',
    text: 'The least severe level that is written.',
  }),
  'log.format': setting({
    kind: '`auto`, `json` or `pretty`',
    schema: oneOf(['auto', 'json', 'pretty']),
    default: 'auto',
    flag: '--log-format',
    text: '`auto` is `pretty` on a terminal, `json` elsewhere.',
  }),
  'secrets.vault.file': setting({
    ...pathKind,
    flag: '--vault-file',
    default: {
      words: '`vault.json` in the state directory',
      find: ({ stateDir, join }) => join(stateDir, 'vault.json'),
    },
    text: 'The local vault, encrypted.',
  }),
  'secrets.vault.keyFile': setting({
    ...pathKind,
    flag: '--vault-key-file',
    default: {
      words: '`keys/vault.key` in the configuration directory',
      find: ({ configDir, join }) => join(configDir, KEY_DIR_NAME, 'vault.key'),
    },
    text: 'The key that opens the vault; kept apart from it, so that a copy of the state directory alone opens nothing.',
  }),
  'secrets.files.directory': setting({
    ...pathKind,
    flag: '--secret-files',
    default: {
      words: '`$CREDENTIALS_DIRECTORY` (systemd), else unset',
      find: ({ credentialsDir }) => credentialsDir,
    },
    text: 'A directory with a file a secret: Docker and Kubernetes secrets, systemd credentials.',
  }),
  'secrets.environment.enabled': setting({
    kind: '`true` or `false`',
    schema: yesOrNo(),
    default: false,
    flag: '--secret-environment',
    text: 'Whether `HYBRID_SECRET_*` variables are a source of secrets. The weakest: other processes of the same user can read them.',
  }),
  'secrets.mounts': setting({
    kind: 'list of `{prefix, provider}`',
    schema: secretMounts(),
    default: '',
    flag: '--secret-mounts',
    text: 'Which provider (`vault`, `files`, `environment`) has the references below a prefix; as text `/prefix=provider`. Each provider has one prefix at most, and is then reached below it alone. The longest prefix counts. All else is looked for in the vault, then in the files, then in the environment.',
  }),
  'status.socket': setting({
    ...pathKind,
    flag: '--status-socket',
    default: {
      words: '`status.sock` in the state directory',
      find: ({ stateDir, join }) => join(stateDir, 'status.sock'),
    },
    text: 'The Unix socket on which a running runner answers `hybrid-runner status`.',
  }),
} as const;

export type SettingKey = keyof typeof SETTINGS;
export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];
type ValueOf<S> = S extends Setting<infer T> ? T : never;
/** Parsed values by key. Those without a default may be undefined. */
export type SettingValues = {
  readonly [K in SettingKey]: ValueOf<(typeof SETTINGS)[K]> | undefined;
};

/** `spool.maxBytes` -> `HYBRID_RUNNER_SPOOL_MAX_BYTES` */
export function environmentName(key: SettingKey): string {
  return (
    ENV_PREFIX +
    key
      .replace(/\./g, '_')
      .replace(/[a-z][A-Z]/g, (pair) => `${pair[0]}_${pair[1]}`)
      .toUpperCase()
  );
}
