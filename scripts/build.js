import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/**
 * Bundles the runner into dist/: one entry for the command line, one for the worker process, shared chunks. Packages that
 * every start loads are bundled, those that a few starts load are left outside (docs/decisions/0013). Does nothing when no source has changed since. Each file appears whole, chunks before the entries
 * that name them, so that a program started during a build never meets half of it.
 */
const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
const stampFile = join(dist, '.stamp');
/** Chunks of an earlier build stay this long for processes that still run on it. */
const KEEP_OLD_MS = 3_600_000;

/** Changes when any input does. */
function fingerprint() {
  const hash = createHash('sha256');
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts')).map((path) => join('src', path));
  for (const path of [...sources.sort(), 'package.json', 'scripts/build.js']) {
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

const LEFT_OUTSIDE = ['@grpc/*', 'conf', 'jsforce', 'pino-pretty', 're2js', 'undici'];

/** zod brings its messages in 50 languages along; this program shows English ones. */
const onlyEnglish = {
  name: 'only-english',
  setup({ onResolve }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ path, importer, resolveDir }) => (importer.includes('/zod/') ? { path: join(resolveDir, dirname(path), 'en.js') } : undefined));
  },
};

/** Bundled CommonJS packages ask for Node's own modules by require. */
const REQUIRE = "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

async function bundle() {
  const { build } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { outputFiles } = await build({
    absWorkingDir: root, entryPoints: { 'cli/main': 'src/cli/main.ts', 'worker/main': 'src/worker/main.ts' }, outdir: 'dist', chunkNames: 'chunks/[name]-[hash]',
    bundle: true, splitting: true, write: false, format: 'esm', platform: 'node', target: 'node24', external: LEFT_OUTSIDE, plugins: [onlyEnglish], banner: { js: REQUIRE }, sourcemap: true, minifyWhitespace: true, legalComments: 'linked',
    define: { RUNNER_VERSION: JSON.stringify(version) }, logLevel: 'warning',
  });
  return outputFiles;
}

function place(files) {
  const isEntry = ({ path }) => !path.startsWith(join(dist, 'chunks'));
  for (const { path, contents } of files.toSorted((a, b) => Number(isEntry(a)) - Number(isEntry(b)))) {
    mkdirSync(dirname(path), { recursive: true });
    const unfinished = `${path}.${process.pid}`;
    writeFileSync(unfinished, contents);
    renameSync(unfinished, path);
  }
}

function removeOld(files) {
  const current = new Set(files.map(({ path }) => path));
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const path = join(dist, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() && path !== stampFile && !current.has(path) && Date.now() - found.mtimeMs > KEEP_OLD_MS) rmSync(path, { force: true });
  }
}

const started = performance.now();
const say = process.argv.includes('--quiet') ? () => undefined : (text) => process.stdout.write(`${text}\n`);
const wanted = fingerprint();
if (readStamp() === wanted) {
  say('dist/ is up to date');
} else {
  const files = await bundle();
  place(files);
  removeOld(files);
  writeFileSync(stampFile, wanted);
  say(`${relative(root, dist)}/ built in ${Math.round(performance.now() - started)} ms`);
}
