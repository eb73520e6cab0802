import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Generates the frame types of both sides from proto/. With `--check` it changes nothing and fails
 * when the proto is not formatted, breaks a lint rule, breaks compatibility with the last release,
 * or the generated types are not current. With `--baseline` it also stores the proto as the last
 * release (docs/decisions/0024).
 */
const root = resolve(import.meta.dirname, '..');
const proto = join(root, 'proto');
const baseline = join(proto, 'baseline.binpb');
/** The two sides share no code of the channel, so each has its own copy. */
const targets = ['src/channel/generated', 'control-plane/src/link/generated'];

/** Matches the options with which both codecs load the proto. */
const GENERATOR_OPTIONS = [
  '--longs=Number',
  '--enums=String',
  '--bytes=Buffer',
  '--defaults',
  '--oneofs',
  '--includeComments',
  '--inputTemplate=%sInput',
  '--outputTemplate=%s',
  '--targetFileExtension=.ts',
  '--importFileExtension=.ts',
];

function run(command, args) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  return status === 0;
}

function generate(directory) {
  return run('proto-loader-gen-types', [
    ...GENERATOR_OPTIONS,
    '--includeDirs=proto',
    `--outDir=${directory}`,
    'hybrid/runner/v1/runner.proto',
  ]);
}

function filesOf(directory) {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .sort();
  } catch {
    return [];
  }
}

function isCurrent(expected, target) {
  const directory = join(root, target);
  const files = filesOf(expected);
  return (
    filesOf(directory).join() === files.join() &&
    files.every(
      (path) =>
        readFileSync(join(expected, path), 'utf8') === readFileSync(join(directory, path), 'utf8'),
    )
  );
}

function check(expected) {
  const stale = targets.filter((target) => !isCurrent(expected, target));
  if (stale.length > 0)
    process.stderr.write(`not current: ${stale.join(', ')}; run npm run proto\n`);
  return [
    run('buf', ['format', '--diff', '--exit-code', proto]),
    run('buf', ['lint', proto]),
    run('buf', ['breaking', proto, '--against', baseline]),
    stale.length === 0,
  ].every(Boolean);
}

function write(expected) {
  for (const target of targets) {
    rmSync(join(root, target), { recursive: true, force: true });
    cpSync(expected, join(root, target), { recursive: true });
  }
  return (
    !process.argv.includes('--baseline') ||
    run('buf', ['build', proto, '--exclude-source-info', '-o', baseline])
  );
}

const expected = mkdtempSync(join(tmpdir(), 'runner-proto-'));
try {
  const step = process.argv.includes('--check') ? check : write;
  process.exitCode = generate(expected) && step(expected) ? 0 : 1;
} finally {
  rmSync(expected, { recursive: true, force: true });
}
