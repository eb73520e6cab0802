import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

/**
 * Writes the files of a release to release/, from a fresh build: the package as npm publishes it,
 * which needs a registry for Node.js; a package for each platform that contains Node.js and
 * installs without a registry; and their checksums.
 *
 *   node scripts/release.js [--platform linux-x64]... [--out DIRECTORY]
 */
const root = resolve(import.meta.dirname, '..');
const PLATFORMS = ['linux-x64', 'linux-arm64'];
/** The files of the Node.js package that are needed; headers and manual pages are not. */
const NODE_FILES = ['package.json', 'LICENSE', 'bin/node'];

function run(program, args, cwd = root) {
  return execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/**
 * The directory of the Node.js package for a platform: installed here, or downloaded and verified
 * against the lockfile.
 */
function nodePackage(name, version, scratch) {
  const installed = join(root, 'node_modules', name);
  if (
    existsSync(join(installed, 'bin/node')) &&
    readJson(join(installed, 'package.json')).version === version
  )
    return installed;
  const [{ filename, integrity }] = JSON.parse(
    run('npm', ['pack', `${name}@${version}`, '--json', '--silent', '--pack-destination', scratch]),
  );
  const expected = readJson(join(root, 'package-lock.json')).packages[`node_modules/${name}`]
    .integrity;
  if (integrity !== expected)
    throw new Error(
      `${name}@${version} has integrity ${integrity}, but package-lock.json has ${expected}`,
    );
  mkdirSync(join(scratch, name));
  run('tar', ['-xzf', join(scratch, filename), '-C', join(scratch, name), '--strip-components=1']);
  return join(scratch, name);
}

/**
 * The manifest of a package that contains its only dependency. npm rejects it on other platforms.
 */
function bundledManifest(manifest, name, version) {
  const {
    optionalDependencies: _node,
    devDependencies: _dev,
    scripts: _scripts,
    workspaces: _workspaces,
    ...rest
  } = manifest;
  const [, os, cpu] = name.split('-');
  return {
    ...rest,
    os: [os],
    cpu: [cpu],
    dependencies: { [name]: version },
    bundleDependencies: [name],
  };
}

/** Packs as npm does, without times and owners of this machine. */
function tar(directory, file) {
  run('tar', [
    '--create',
    '--gzip',
    '--file',
    file,
    '--directory',
    directory,
    '--sort=name',
    '--mtime=1985-10-26T08:15:00Z',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u=rwX,go=rX',
    'package',
  ]);
}

function withNode(portable, platform, out, scratch) {
  const directory = mkdtempSync(join(scratch, 'package-'));
  run('tar', ['-xzf', portable, '-C', directory]);
  const manifestFile = join(directory, 'package/package.json');
  const manifest = readJson(manifestFile);
  const name = `node-${platform}`;
  const version = manifest.optionalDependencies[name];
  writeFileSync(
    manifestFile,
    `${JSON.stringify(bundledManifest(manifest, name, version), undefined, 2)}\n`,
  );
  const [from, to] = [
    nodePackage(name, version, scratch),
    join(directory, 'package/node_modules', name),
  ];
  mkdirSync(join(to, 'bin'), { recursive: true });
  for (const file of NODE_FILES) copyFileSync(join(from, file), join(to, file));
  const file = join(out, `${manifest.name}-${manifest.version}-${platform}.tgz`);
  tar(directory, file);
  return file;
}

function optionsOf(args) {
  const valuesOf = (flag) =>
    args.flatMap((word, index) => (word === flag ? [args[index + 1]] : []));
  const platforms = valuesOf('--platform');
  return {
    out: resolve(valuesOf('--out')[0] ?? join(root, 'release')),
    platforms: platforms.length === 0 ? PLATFORMS : platforms,
  };
}

const { out, platforms } = optionsOf(process.argv.slice(2));
const scratch = mkdtempSync(join(tmpdir(), 'release-'));
try {
  run(process.execPath, [join(root, 'scripts/build.js'), '--fresh', '--quiet']);
  mkdirSync(out, { recursive: true });
  for (const name of readdirSync(out))
    if (/\.tgz$|^SHA256SUMS$/.test(name)) rmSync(join(out, name));
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--silent', '--pack-destination', out]),
  );
  const files = [
    join(out, filename),
    ...platforms.map((platform) => withNode(join(out, filename), platform, out, scratch)),
  ];
  const sums = files.map(
    (file) =>
      `${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${relative(out, file)}\n`,
  );
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''));
  process.stdout.write(sums.join(''));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
