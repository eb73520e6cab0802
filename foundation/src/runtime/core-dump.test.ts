import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const FILTER = '/proc/self/coredump_filter';
const MODULE = JSON.stringify(join(import.meta.dirname, 'core-dump.ts'));
/** Put together at run time, so that the program's own text is no match. */
const CANARY = ['canary', 'in', 'memory'].join('-');
const HOLD_CANARY = `globalThis.held = Buffer.alloc(4096, ['canary', 'in', 'memory'].join('-'));`;

/** Where the kernel writes a core dump into the directory of the process that crashed. */
const dumpsHere =
  existsSync('/proc/sys/kernel/core_pattern') &&
  /^core\n?$/.test(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'));

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'core-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a program with excludeMemoryFromCoreDumps on; its output. */
function run(program: string): string {
  return spawnSync(
    'sh',
    [
      '-c',
      'ulimit -c unlimited; exec "$0" --input-type=module --eval "$1"',
      process.execPath,
      program,
    ],
    { cwd: directory, encoding: 'utf8' },
  ).stdout;
}

function dumpsWithCanary(): [dumps: number, withCanary: number] {
  const dumps = readdirSync(directory).map((name) => readFileSync(join(directory, name)));
  return [dumps.length, dumps.filter((dump) => dump.includes(CANARY)).length];
}

describe.skipIf(!existsSync(FILTER))('excludeMemoryFromCoreDumps', { timeout: 120_000 }, () => {
  it('applies to this process and to its children', () => {
    const show = `process.stdout.write(fs.readFileSync('${FILTER}', 'utf8'));`;
    const program = `import fs from 'node:fs'; import { execFileSync } from 'node:child_process'; import { excludeMemoryFromCoreDumps } from ${MODULE};
      excludeMemoryFromCoreDumps(); ${show} execFileSync('cat', ['${FILTER}'], { stdio: 'inherit' });`;
    expect(run(program)).toBe('00000000\n00000000\n');
  });

  it.skipIf(!dumpsHere)('keeps memory out of core dumps, which contain it otherwise', () => {
    run(`${HOLD_CANARY} process.abort();`);
    expect(dumpsWithCanary()).toEqual([1, 1]);
    rmSync(directory, { recursive: true });
    directory = mkdtempSync(join(tmpdir(), 'core-'));
    run(
      `import { excludeMemoryFromCoreDumps } from ${MODULE}; excludeMemoryFromCoreDumps(); ${HOLD_CANARY} process.abort();`,
    );
    const [dumps, withCanary] = dumpsWithCanary();
    expect([dumps <= 1, withCanary]).toEqual([true, 0]);
  });
});
