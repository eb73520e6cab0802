#!/usr/bin/env node
// Plain JavaScript for Node.js 18 and later, which finds a Node.js that can run the rest.
import { existsSync, readFileSync, writeSync } from 'node:fs';
import inspector from 'node:inspector';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const NEEDED_MAJOR = 24;
/** The exit code of NODE_TOO_OLD and PROCESS_UNSAFE in docs/errors.md. */
const EXIT_INVALID = 3;
const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];

const COMPILERS_OFF = ['--no-maglev', '--no-turbofan'];

const self = fileURLToPath(import.meta.url);
const root = join(dirname(self), '..');
const args = process.argv.slice(2);
const isTooOld = Number(process.versions.node.split('.')[0]) < NEEDED_MAJOR;

/**
 * An open inspector exposes every secret of the process. Node.js opens one on SIGUSR1 unless a
 * listener is installed, and with --inspect before this line runs.
 */
function keepInspectorClosed() {
  if (process.platform !== 'win32') process.on('SIGUSR1', () => undefined);
  if (inspector.url() === undefined) return;
  inspector.close();
  process.stderr.write(
    'error PROCESS_UNSAFE: Node.js was started with an open inspector; remove --inspect from the command line and NODE_OPTIONS\n',
  );
  process.exit(EXIT_INVALID);
}

const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** The Node.js for this platform that npm installed with this program, if any. */
function bundledNode() {
  try {
    const manifest = createRequire(self).resolve(`node-${platform}/package.json`);
    const binary = join(
      dirname(manifest),
      'bin',
      process.platform === 'win32' ? 'node.exe' : 'node',
    );
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

/** Runs the same command on another Node.js, with the same streams, signals and exit code. */
async function runOn(binary) {
  const { spawn } = await import('node:child_process');
  // The variable prevents an endless loop if the binary is too old as well. The IPC channel tells
  // the child when this process dies.
  const child = spawn(binary, ['--disable-sigusr1', self, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, HYBRID_RUNNER_NODE: binary },
  });
  // A terminal sends Ctrl-C to both processes; the child would count a forwarded one as the second.
  const signals = process.stdin.isTTY ? FORWARDED : [...FORWARDED, 'SIGINT'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  if (process.stdin.isTTY) process.on('SIGINT', () => undefined);
  child.on('error', (error) => exitWithReason(error.message));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of signals) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** Ends this process with its launcher. It would hold the lock of the state directory otherwise. */
function endWithLauncher() {
  if (!process.connected) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel.unref();
}

function exitWithReason(reason) {
  reportTooOld(reason);
  process.exit(EXIT_INVALID);
}

function reportTooOld(reason) {
  process.stderr.write(
    [
      `error NODE_TOO_OLD: Node.js ${NEEDED_MAJOR} or later is required, this is`,
      `${process.versions.node} (${reason}); install Node.js ${NEEDED_MAJOR}, or use the release`,
      `file that contains it (hybrid-runner-VERSION-${platform}.tar.gz, or a Debian or RPM`,
      `package), or install this package from a registry with npm's option --include=optional\n`,
    ].join(' '),
  );
}

/** Opening process.stdout takes longer than everything else here, and a version fits any pipe. */
function printVersion() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  try {
    writeSync(1, `${version}\n`);
  } catch {
    // A full pipe that does not block, or a closed one: the stream waits, or reports it.
    process.stdout.write(`${version}\n`);
  }
}

const NODE_MISSING = `the package node-${platform} with a newer one was not installed: npm could not reach a registry, or omits optional packages`;

keepInspectorClosed();
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  printVersion();
  if (isTooOld && bundledNode() === undefined) reportTooOld(NODE_MISSING);
} else if (!isTooOld) {
  if (process.env.HYBRID_RUNNER_NODE !== undefined) endWithLauncher();
  delete process.env.HYBRID_RUNNER_NODE;
  // A small young generation saves a tenth of the memory.
  if (args[0] === 'run' || args[0] === 'ingest') setFlagsFromString('--semi-space-growth-factor=1');
  // The service is idle most of the time, so memory matters more than speed.
  if (args[0] === 'run') setFlagsFromString('--optimize-for-size');
  // A start ends before it gains from the optimizing compilers, whose pages an idle link would
  // keep; it turns them on when it has connected.
  if (args[0] === 'run') for (const flag of COMPILERS_OFF) setFlagsFromString(flag);
  // An extraction parses tens of megabytes and keeps little: early collection saves more than it
  // costs.
  if (args[0] === 'ingest') setFlagsFromString('--heap-growing-percent=30');
  const { main } = await import('../dist/cli/main.js');
  await main(args);
} else if (process.env.HYBRID_RUNNER_NODE !== undefined) {
  exitWithReason('the Node.js installed with this program is too old as well');
} else {
  const binary = bundledNode();
  if (binary === undefined) exitWithReason(NODE_MISSING);
  else await runOn(binary);
}
