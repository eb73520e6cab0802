import { ALLOCATOR } from '../../foundation/src/runtime/allocator.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

export interface UnitOptions {
  /** Absolute paths of Node.js and of the program. */
  readonly node: string;
  readonly program: string;
  /** Flags of `run`: the configuration, and settings from flags and variables. */
  readonly args: readonly string[];
  /** A user without a login, which owns the state directory. */
  readonly user: string;
  /** systemd creates it below /var/lib. */
  readonly stateDir: string;
  readonly drainTimeoutMs: number;
  /** Exit codes after which a restart cannot help. */
  readonly finalExitCodes: readonly number[];
}

/**
 * From the end of the drain until systemd kills the runner: for the last delivery and for killed
 * workers.
 */
export const STOP_MARGIN_MS = 45_000;
const STATE_ROOT = '/var/lib/';

const SANDBOX = [
  'NoNewPrivileges=yes',
  'CapabilityBoundingSet=',
  'AmbientCapabilities=',
  'UMask=0077',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'PrivateUsers=yes',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelLogs=yes',
  'ProtectControlGroups=yes',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'ProtectProc=invisible',
  'ProcSubset=pid',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'RemoveIPC=yes',
  'LockPersonality=yes',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@privileged @resources',
  'SystemCallErrorNumber=EPERM',
  'IPAddressDeny=link-local multicast',
  'LimitCORE=0',
  'MemorySwapMax=0',
  'TasksMax=512',
] as const;

const DROP_IN = 'Put your own changes in a drop-in: systemctl edit hybrid-runner';

/**
 * The text of the unit. It omits MemoryDenyWriteExecute, because V8 writes the code that it runs;
 * it restricts everything else that a network client without privileges does not need. Throws
 * INPUT_INVALID for paths and names that systemd would interpret.
 */
export function systemdUnit(options: UnitOptions): string {
  return `# Written by \`hybrid-runner service install\`. ${DROP_IN}
[Unit]
Description=Hybrid Ingestion Runner
After=network-online.target nss-lookup.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
${serviceLines(options).join('\n')}

# Permissions: network access, and writing the state.
${SANDBOX.join('\n')}

[Install]
WantedBy=multi-user.target
`;
}

function serviceLines(options: UnitOptions): string[] {
  const { node, program, args, user, stateDir, drainTimeoutMs, finalExitCodes } = options;
  return [
    'Type=notify',
    'NotifyAccess=all',
    `ExecStart=${formatArgs([node, program, 'run', ...args])}`,
    `Environment=${Object.entries(ALLOCATOR)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
    'ExecReload=/bin/kill -HUP $MAINPID',
    `User=${plainName(user)}`,
    `Group=${plainName(user)}`,
    ...stateLines(stateDir),
    'WatchdogSec=60',
    'Restart=always',
    'RestartSec=5',
    `RestartPreventExitStatus=${finalExitCodes.join(' ')}`,
    'KillMode=mixed',
    `TimeoutStopSec=${Math.ceil((drainTimeoutMs + STOP_MARGIN_MS) / 1000)}`,
    'OOMPolicy=continue',
  ];
}

/** systemd creates a directory below /var/lib itself. */
function stateLines(stateDir: string): string[] {
  if (!stateDir.startsWith(STATE_ROOT)) return [`ReadWritePaths=${quote(stateDir)}`];
  const name = plainPath(stateDir.slice(STATE_ROOT.length));
  return [`StateDirectory=${name}`, 'StateDirectoryMode=0700'];
}

/** The unit of the Debian and RPM packages, with all default settings. */
export function packagedUnit(finalExitCodes: readonly number[]): string {
  const unit = systemdUnit({
    node: '/usr/lib/hybrid-runner/bin/node',
    program: '/usr/lib/hybrid-runner/bin/hybrid-runner.js',
    args: ['--config', '/etc/hybrid-runner'],
    user: 'hybrid-runner',
    stateDir: '/var/lib/hybrid-runner',
    drainTimeoutMs: 300_000,
    finalExitCodes,
  });
  return unit.replace(/^#.*/, `# Part of the package hybrid-runner. ${DROP_IN}`);
}

/** Whether two units differ in their first comment at most. */
export function isSameUnit(one: string, other: string): boolean {
  return one.replace(/^#.*/, '') === other.replace(/^#.*/, '');
}

/** Arguments as written in ExecStart=. */
export function formatArgs(args: readonly string[]): string {
  return args.map(quote).join(' ');
}

/**
 * In double quotes where needed. systemd would replace `%` and `$`, and a line break would start a
 * new setting.
 */
function quote(text: string): string {
  if (/[\p{Cc}]/u.test(text))
    throw new RunnerError(
      'INPUT_INVALID',
      `path ${JSON.stringify(text)} contains a control character`,
      { remedy: 'Rename it, or choose another path.' },
    );
  const escaped = text
    .replace(/%/g, '%%')
    .replace(/\$/g, '$$$$')
    .replace(/[\\"]/g, String.raw`\$&`);
  return /^[\w./:@%+=,-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** Throws INPUT_INVALID. */
export function plainName(name: string): string {
  if (!/^[a-z_][a-z0-9_-]{0,30}$/.test(name))
    throw new RunnerError('INPUT_INVALID', `service user "${name}" is not a valid user name`, {
      remedy: 'Use lower-case letters, digits, underscores and hyphens.',
    });
  return name;
}

function plainPath(path: string): string {
  if (!/^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/.test(path) || path.split('/').includes('..'))
    throw new RunnerError(
      'INPUT_INVALID',
      `state directory "/var/lib/${path}" contains characters that a systemd unit does not allow`,
      { remedy: 'Use letters, digits, dots, underscores and hyphens, without "..".' },
    );
  return path;
}
