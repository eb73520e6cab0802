import { RunnerError } from '../runtime/errors.ts';

export interface UnitOptions {
  /** The Node.js that runs it, and the program; absolute paths. */
  readonly node: string;
  readonly program: string;
  /** Flags of `run`: the configuration, and settings that are not written there. */
  readonly args: readonly string[];
  /** An existing user without a login; owns the state directory. */
  readonly user: string;
  /** systemd makes it when it lies below /var/lib. */
  readonly stateDir: string;
  readonly drainTimeoutMs: number;
  /** Exit codes after which a restart cannot help. */
  readonly finalExitCodes: readonly number[];
}

/** From the drain's end until systemd kills: for the last delivery and for workers that are killed. */
const STOP_MARGIN_MS = 45_000;
const STATE_ROOT = '/var/lib/';

/**
 * The unit's text. It leaves out MemoryDenyWriteExecute, since V8 writes the code it runs; everything else that a
 * network client without privileges can live with is closed. Throws INPUT_INVALID for paths and names that systemd would
 * read as something else.
 */
export function systemdUnit(options: UnitOptions): string {
  const { node, program, args, user, stateDir, finalExitCodes } = options;
  const stopSeconds = Math.ceil((options.drainTimeoutMs + STOP_MARGIN_MS) / 1000);
  const managed = stateDir.startsWith(STATE_ROOT);
  return `# Written by \`hybrid-runner service install\`. Put changes of your own in a drop-in: systemctl edit hybrid-runner
[Unit]
Description=Hybrid Ingestion Runner
After=network-online.target nss-lookup.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart=${formatArgs([node, program, 'run', ...args])}
ExecReload=/bin/kill -HUP $MAINPID
User=${plainName(user)}
Group=${plainName(user)}
${managed ? `StateDirectory=${plainPath(stateDir.slice(STATE_ROOT.length))}\nStateDirectoryMode=0700` : `ReadWritePaths=${quote(stateDir)}`}
WatchdogSec=60
Restart=always
RestartSec=5
RestartPreventExitStatus=${finalExitCodes.join(' ')}
KillMode=mixed
TimeoutStopSec=${stopSeconds}
OOMPolicy=continue

# What it may do: talk to the network, write its state.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
UMask=0077
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=pid
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
IPAddressDeny=link-local multicast
LimitCORE=0
MemorySwapMax=0
TasksMax=512

[Install]
WantedBy=multi-user.target
`;
}

/** The unit that packaging/ holds: for an install by npm as root, with everything in its usual place. */
export function packagedUnit(finalExitCodes: readonly number[]): string {
  return systemdUnit({
    node: '/usr/bin/node',
    program: '/usr/lib/node_modules/hybrid-ingestion-runner/bin/hybrid-runner.js',
    args: ['--config', '/etc/hybrid-runner'],
    user: 'hybrid-runner',
    stateDir: '/var/lib/hybrid-runner',
    drainTimeoutMs: 300_000,
    finalExitCodes,
  });
}

/** As they stand in ExecStart=. */
export function formatArgs(args: readonly string[]): string {
  return args.map(quote).join(' ');
}

/** In double quotes where needed; `%` and `$` would be replaced by systemd, a line break would begin a new setting. */
function quote(text: string): string {
  if (/[\p{Cc}]/u.test(text))
    throw new RunnerError('INPUT_INVALID', 'a path for the unit has a control character');
  const escaped = text
    .replace(/%/g, '%%')
    .replace(/\$/g, '$$$$')
    .replace(/[\\"]/g, String.raw`\$&`);
  return /^[\w./:@%+=,-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

function plainName(name: string): string {
  if (!/^[a-z_][a-z0-9_-]{0,30}$/.test(name))
    throw new RunnerError(
      'INPUT_INVALID',
      'the user for the service has characters that a user name may not have',
    );
  return name;
}

function plainPath(path: string): string {
  if (!/^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/.test(path) || path.split('/').includes('..'))
    throw new RunnerError(
      'INPUT_INVALID',
      'the state directory below /var/lib has characters that a unit may not have',
    );
  return path;
}
