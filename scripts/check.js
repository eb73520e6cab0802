import { spawnSync } from 'node:child_process';

/**
 * Runs every check that is not a test of behavior. Continues after a failure, so that all findings
 * show at once.
 */
const checks = [
  { name: 'types', command: 'tsc', args: ['--noEmit', '-p', 'tsconfig.json'] },
  { name: 'format', command: 'oxfmt', args: ['--check', '.'] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware'] },
  { name: 'unused code', command: 'knip', args: ['--no-progress', '--no-config-hints'] },
  {
    name: 'spelling',
    command: 'cspell',
    args: [
      '--no-progress',
      '--no-summary',
      '--cache',
      '--cache-location',
      'node_modules/.cache/cspell',
      '.',
    ],
  },
  { name: 'house', command: 'vitest', args: ['run', 'test/house', '--reporter=dot'] },
  { name: 'docs', command: 'node', args: ['scripts/generate-docs.ts', '--check'] },
  { name: 'proto', command: 'node', args: ['scripts/proto.js', '--check'] },
];

const failed = checks.filter(({ name, command, args }) => {
  process.stdout.write(`\n# ${name}\n`);
  return (
    spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' }).status !== 0
  );
});
process.stdout.write(
  failed.length === 0
    ? '\nAll checks passed.\n'
    : `\nFailed: ${failed.map(({ name }) => name).join(', ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
