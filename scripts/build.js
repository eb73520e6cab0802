import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { plugins } from './bundle/plugins.js';
import { installGitHooks } from './git-hooks.js';
import { thirdPartyNotice } from './third-party.js';

/**
 * Bundles the runner into dist/: an entry for the command line, one for the worker process, and
 * shared chunks, all packages included (docs/decisions/0013). Does nothing if no source has
 * changed. Files are renamed into place, chunks before the entries that import them, so that a
 * program started during a build finds all of them. Chunks of earlier builds stay for a while, and
 * `npm pack` excludes them; with --fresh, for a release, they are removed.
 */
const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
const stampFile = join(dist, '.stamp');
/** Excludes files from `npm pack`. */
const ignoreFile = join(dist, '.npmignore');
const fresh = process.argv.includes('--fresh');
/** How long chunks of an earlier build stay, for processes that still run on it. */
const keepOldMs = fresh ? 0 : 3_600_000;

/** A hash that changes with any input. */
function fingerprint() {
  const hash = createHash('sha256');
  const sources = ['src', 'foundation/src', 'openmetadata/src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
      .map((path) => join(folder, path)),
  );
  for (const path of [
    ...sources.sort(),
    'package.json',
    'package-lock.json',
    'scripts/build.js',
    'scripts/third-party.js',
    ...readdirSync(join(root, 'scripts/bundle')).map((name) => join('scripts/bundle', name)),
  ]) {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function readStamp() {
  try {
    return readFileSync(stampFile, 'utf8');
  } catch {
    return '';
  }
}

/** Bundled CommonJS packages load modules of Node.js with require. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

async function bundle() {
  const { build } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { 'cli/main': 'src/cli/main.ts', 'worker/main': 'src/worker/main.ts' },
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    metafile: true,
    plugins,
    banner: { js: REQUIRE },
    sourcemap: true,
    minifyWhitespace: true,
    legalComments: 'linked',
    define: { RUNNER_VERSION: JSON.stringify(version) },
    logLevel: 'warning',
  });
  return [
    ...outputFiles,
    { path: join(dist, 'THIRD-PARTY.txt'), contents: thirdPartyNotice(root, metafile.inputs) },
  ];
}

function write(files) {
  const isEntry = ({ path }) => !path.startsWith(join(dist, 'chunks'));
  for (const { path, contents } of files.toSorted(
    (a, b) => Number(isEntry(a)) - Number(isEntry(b)),
  )) {
    mkdirSync(dirname(path), { recursive: true });
    const unfinished = `${path}.${process.pid}`;
    writeFileSync(unfinished, contents);
    renameSync(unfinished, path);
  }
}

/** Removes files of earlier builds once they are old enough. */
function removeOld(files) {
  const current = new Set([...files.map(({ path }) => path), stampFile, ignoreFile]);
  const old = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      !current.has(join(dist, name)) &&
      statSync(join(dist, name), { throwIfNoEntry: false })?.isFile(),
  );
  const [gone, kept] = [
    old.filter((name) => isExpired(join(dist, name))),
    old.filter((name) => !isExpired(join(dist, name))),
  ];
  for (const name of gone) rmSync(join(dist, name), { force: true });
  writeFileSync(ignoreFile, kept.map((name) => `/${name}\n`).join(''));
}

function isExpired(path) {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= keepOldMs;
}

installGitHooks();
const started = performance.now();
const say = process.argv.includes('--quiet')
  ? () => undefined
  : (text) => process.stdout.write(`${text}\n`);
const current = fingerprint();
if (!fresh && readStamp() === current) {
  say('dist/ is up to date');
} else {
  const files = await bundle();
  write(files);
  removeOld(files);
  writeFileSync(stampFile, current);
  say(`${relative(root, dist)}/ built in ${Math.round(performance.now() - started)} ms`);
}
