import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { copy, link, text, type Entry } from './entries.ts';
import { run } from './run.ts';

/*
 * The shared libraries that Node.js is linked with, from the packages of the release builder's
 * Debian for the image's processor. apt downloads and verifies them in a directory of its own, so
 * that the builder's packages stay as they are.
 */

export interface Libraries {
  readonly entries: readonly Entry[];
  readonly packages: readonly DebianPackage[];
}

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
}

interface Processor {
  readonly triplet: string;
  readonly loader: string;
  /** Where programs expect the loader, and what is a link there. */
  readonly loaderDirectory: 'lib' | 'lib64';
}

const PROCESSORS: Readonly<Record<string, Processor>> = {
  amd64: {
    triplet: 'x86_64-linux-gnu',
    loader: 'ld-linux-x86-64.so.2',
    loaderDirectory: 'lib64',
  },
  arm64: {
    triplet: 'aarch64-linux-gnu',
    loader: 'ld-linux-aarch64.so.1',
    loaderDirectory: 'lib',
  },
};

const PACKAGES = ['libc6', 'libgcc-s1', 'libstdc++6'];
/** libnss_* and libresolv look up host names; the others are what Node.js names. */
const LIBRARIES = /^lib(?:c|m|dl|pthread|rt|resolv|nss_dns|nss_files|gcc_s|stdc\+\+)\.so\.\d+$/;

const found = new Map<string, Libraries>();

/**
 * Also records the packages where scanners look for them in images without dpkg. All images of a
 * release have the same ones.
 */
export function debianLibraries(arch: string, scratch: string): Libraries {
  const libraries = found.get(arch) ?? findLibraries(arch, scratch);
  found.set(arch, libraries);
  return libraries;
}

function findLibraries(arch: string, scratch: string): Libraries {
  const { triplet, loader, loaderDirectory } = PROCESSORS[arch]!;
  const files = download(arch, scratch);
  const unpacked = join(scratch, `libraries-${arch}`);
  for (const file of files) run('dpkg-deb', ['--extract', file, unpacked]);
  const home = `usr/lib/${triplet}`;
  const names = readdirSync(unpacked, { recursive: true, encoding: 'utf8' });
  const libraries = names
    .filter((name) => LIBRARIES.test(basename(name)) || name.endsWith(`${triplet}/${loader}`))
    .map((name) => copy(`${home}/${basename(name)}`, realpathSync(join(unpacked, name)), 0o755));
  const copyrights = names
    .filter((name) => /^usr\/share\/doc\/[^/]+\/copyright$/.test(name))
    .map((name) => copy(name, join(unpacked, name)));
  return {
    packages: files.map(describe),
    entries: [
      link('lib', 'usr/lib'),
      link('lib64', 'usr/lib64'),
      link(`usr/${loaderDirectory}/${loader}`, `../${home.replace('usr/', '')}/${loader}`),
      ...libraries,
      ...copyrights,
      ...files.map(status),
      text('etc/os-release', osRelease()),
      text('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
    ],
  };
}

/** Downloads the packages, and the one that has the license of libgcc and libstdc++. */
function download(arch: string, scratch: string): string[] {
  const cache = join(homedir(), '.cache/hybrid-ingestion-runner', `apt-${arch}`);
  const into = join(scratch, `debs-${arch}`);
  for (const path of [
    into,
    ...['state/lists/partial', 'archives/partial'].map((name) => join(cache, name)),
  ])
    mkdirSync(path, { recursive: true });
  writeFileSync(join(cache, 'status'), '');
  const options = [
    '--quiet=2',
    ...[
      `Dir::State=${join(cache, 'state')}`,
      `Dir::State::status=${join(cache, 'status')}`,
      `Dir::Cache=${cache}`,
      `APT::Architecture=${arch}`,
      `APT::Architectures=${arch}`,
      'APT::Sandbox::User=root',
      'Acquire::Languages=none',
    ].flatMap((option) => ['--option', option]),
  ];
  run('apt-get', [...options, 'update']);
  run('apt-get', [...options, 'download', ...PACKAGES], { cwd: into });
  const license = dependency(join(into, find(into, 'libgcc-s1')), /^gcc-[\d.]+-base$/);
  run('apt-get', [...options, 'download', license], { cwd: into });
  return readdirSync(into)
    .toSorted()
    .map((name) => join(into, name));
}

function find(directory: string, name: string): string {
  return readdirSync(directory).find((file) => file.startsWith(`${name}_`))!;
}

function field(file: string, name: string): string {
  return run('dpkg-deb', ['--field', file, name]).trim();
}

function dependency(file: string, pattern: RegExp): string {
  const names = field(file, 'Depends')
    .split(',')
    .map((one) => one.trim().split(' ')[0]!);
  const found = names.find((name) => pattern.test(name));
  if (found === undefined) throw new Error(`${file} depends on no package like ${pattern.source}`);
  return found;
}

function describe(file: string): DebianPackage {
  return {
    name: field(file, 'Package'),
    version: field(file, 'Version'),
    arch: field(file, 'Architecture'),
  };
}

function status(file: string): Entry {
  return text(
    `var/lib/dpkg/status.d/${field(file, 'Package')}`,
    run('dpkg-deb', ['--field', file]),
  );
}

/** That of the builder, whose packages these are, without the name to display. */
function osRelease(): string {
  const lines = readFileSync('/etc/os-release', 'utf8').split('\n');
  return `${lines.filter((line) => /^(?:ID|VERSION_ID|VERSION_CODENAME|NAME)=/.test(line)).join('\n')}\n`;
}
