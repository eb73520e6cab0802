import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Edit } from './mutant.ts';

const ROOT = resolve(import.meta.dirname, '../..');

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

export interface Outcome {
  /**
   * Names of tests that failed, by the file they are in. A file that could not be loaded has none.
   */
  readonly failed: ReadonlyMap<string, readonly string[]>;
  readonly passed: number;
  /** What was printed. */
  readonly output: string;
}

/** A copy of the sources in which faults may be planted: the working tree is never touched. */
export class Scratch {
  readonly #path = mkdtempSync(join(tmpdir(), 'hybrid-mutants-'));

  constructor() {
    const files = execFileSync(
      'git',
      ['ls-files', '--cached', '--others', '--exclude-standard', '-z'],
      { cwd: ROOT, encoding: 'utf8' },
    )
      .split('\0')
      .filter((file) => file !== '');
    for (const file of files) {
      mkdirSync(dirname(join(this.#path, file)), { recursive: true });
      cpSync(join(ROOT, file), join(this.#path, file), { force: true });
    }
    for (const folder of ['node_modules', 'dist'])
      symlinkSync(join(ROOT, folder), join(this.#path, folder));
  }

  /**
   * Plants the edits; undone by the function that this returns. Throws when a text is not there
   * exactly once.
   */
  plant(edits: readonly Edit[]): () => void {
    const before = new Map<string, string>();
    const undo = (): void => before.forEach((text, file) => writeFileSync(file, text));
    for (const { file, find, replace } of edits) {
      const path = join(this.#path, file);
      const text = readFileSync(path, 'utf8');
      const found = text.split(find).length - 1;
      if (found !== 1) {
        undo();
        throw new Error(`${file} holds ${found} times: ${find}`);
      }
      if (!before.has(path)) before.set(path, text);
      writeFileSync(
        path,
        text.replace(find, () => replace),
      );
    }
    return undo;
  }

  /** Runs files of tests, all of them or up to the first failure. */
  async test(files: readonly string[], upToFailure: boolean): Promise<Outcome> {
    const report = join(this.#path, 'report.json');
    rmSync(report, { force: true });
    const output = await this.#vitest([
      ...files,
      '--reporter=json',
      `--outputFile=${report}`,
      ...(upToFailure ? ['--bail=1'] : []),
    ]);
    const { testResults } = reportSchema.parse(JSON.parse(readFileSync(report, 'utf8')));
    const failed = new Map(
      testResults.map(({ name, assertionResults }) => [
        name.slice(this.#path.length + 1),
        assertionResults
          .filter(({ status }) => status === 'failed')
          .map(({ fullName }) => fullName),
      ]),
    );
    return {
      failed,
      output,
      passed: testResults
        .flatMap(({ assertionResults }) => assertionResults)
        .filter(({ status }) => status === 'passed').length,
    };
  }

  remove(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }

  async #vitest(args: readonly string[]): Promise<string> {
    const child = spawn(
      process.execPath,
      [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...args],
      {
        cwd: this.#path,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, TEST_SEED: '1' },
      },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    await new Promise((resolve) => child.once('close', resolve));
    return output;
  }
}
