import { NETWORK_CHANNELS } from '../../../foundation/src/network/channel-kind.ts';
import { defaultStateDir } from '../places.ts';
import { setting } from '../setting.ts';
import { oneOf, text } from '../values/basic.ts';
import { duration, formatDuration } from '../values/units.ts';
import { controlPlaneUrl } from '../values/network.ts';
import { PATH } from './path.ts';

/** The runner, its control plane and its files. */
export const runnerSettings = {
  'controlPlane.url': setting({
    kind: '`wss://host:port`',
    schema: controlPlaneUrl(),
    flag: '--url',
    description: [
      'The control plane. Enrollment stores it, so it is needed once; if it is set later, it must',
      'be the one that the runner enrolled with.',
    ].join(' '),
  }),
  'controlPlane.caFile': setting({
    ...PATH,
    flag: '--ca-file',
    savedAtEnrollment: true,
    description: [
      'PEM file of the CA that signed the control plane’s certificate. If set, public CAs are not',
      'trusted for the control plane.',
    ].join(' '),
  }),
  'controlPlane.channel': setting({
    kind: '`auto`, `ws` or `grpc`',
    schema: oneOf(['auto', ...NETWORK_CHANNELS]),
    default: 'auto',
    flag: '--channel',
    savedAtEnrollment: true,
    description:
      'The transport. `auto` prefers WebSocket, falls back to gRPC, and keeps trying WebSocket.',
  }),
  name: setting({
    kind: 'text',
    schema: text(),
    default: { description: 'the host name', resolve: ({ hostname }) => hostname },
    flag: '--name',
    description: 'Name of the runner in the control plane.',
  }),
  stateDir: setting({
    ...PATH,
    flag: '--state-dir',
    default: {
      description: [
        '`$STATE_DIRECTORY` (systemd); `/var/lib/hybrid-runner` for root and the service’s user;',
        'else `$XDG_STATE_HOME/hybrid-runner`',
      ].join(' '),
      resolve: defaultStateDir,
    },
    description:
      'Directory for identity, spool and vault. Only the user that the runner runs as can read it.',
  }),
  'identity.keyLifetime': setting({
    kind: 'duration',
    show: formatDuration,
    schema: duration('1h', '3650d'),
    default: '90d',
    flag: '--key-lifetime',
    description:
      'How old the key of the runner’s identity should get. The runner replaces it when 75 % of that have passed, if the control plane supports it.',
  }),
  policyFile: setting({
    ...PATH,
    flag: '--policy-file',
    default: {
      description: '`policy.yaml` in the configuration directory',
      resolve: ({ configDir, join }) => join(configDir, 'policy.yaml'),
    },
    description: 'The local policy: which secrets may be sent where (docs/policy.md).',
  }),
} as const;
