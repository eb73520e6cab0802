import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allPrograms, root } from './sources.ts';

/** Nine of ten functions with a body have at most this many lines. Lint enforces the longest. */
const P90 = 25;

interface Report {
  readonly diagnostics: readonly { readonly message: string; readonly filename: string }[];
}

/** Lines of every function, counted by the rule that enforces the maximum. */
function lengths(): number[] {
  const directory = mkdtempSync(join(tmpdir(), 'function-length-'));
  try {
    const config = join(directory, 'oxlint.json');
    writeFileSync(
      config,
      JSON.stringify({
        plugins: [],
        categories: { correctness: 'off' },
        rules: { 'max-lines-per-function': ['error', { max: 0, IIFEs: true }] },
        ignorePatterns: ['**/generated/**'],
      }),
    );
    const { diagnostics } = JSON.parse(oxlint('--config', config, '--format', 'json')) as Report;
    const programs = new Set(allPrograms);
    return diagnostics
      .filter(({ filename }) => programs.has(filename))
      .map(({ message }) => Number(/\((\d+)\)/.exec(message)![1]));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function oxlint(...options: string[]): string {
  const program = join(root, 'node_modules/.bin/oxlint');
  const folders = new Set(allPrograms.map((path) => path.split('/')[0]!));
  try {
    return execFileSync(program, [...options, ...folders], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (thrown) {
    // The status says that there are findings.
    return (thrown as { readonly stdout: string }).stdout;
  }
}

describe('functions', () => {
  it(`have at most ${P90} lines, nine of ten`, () => {
    const withBody = lengths()
      .filter((lines) => lines > 1)
      .toSorted((a, b) => a - b);
    expect(withBody.length).toBeGreaterThan(2000);
    const p90 = withBody[Math.floor(withBody.length * 0.9)];
    expect(p90).toBeLessThanOrEqual(P90);
  });
});
