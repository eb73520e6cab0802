import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

const ROOT = resolve(import.meta.dirname, '../..');
const COPIED =
  'src foundation openmetadata test demo bench scripts proto control-plane sandbox-org package.json tsconfig.json vitest.config.ts ARCHITECTURE.md docs'.split(
    ' ',
  );

/** A code block of a document whose first line is a path. */
export interface Block {
  readonly kind: 'ts' | 'diff';
  readonly path: string;
  readonly lines: readonly string[];
}

export function blocksOf(document: string): Block[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const found = text.matchAll(/^```(?<kind>ts|diff)\n\/\/ (?<path>\S+)\n(?<body>.*?)^```$/gms);
  return [...found].map(({ groups }) => ({
    kind: groups!['kind'] as Block['kind'],
    path: groups!['path']!,
    lines: groups!['body']!.trimEnd().split('\n'),
  }));
}

export interface Result {
  readonly code: number | null;
  readonly output: string;
}

/**
 * A copy of the sources in which the blocks of a document are applied. The working tree is never
 * touched.
 */
export class ExtendedCopy {
  readonly path = mkdtempSync(join(tmpdir(), 'hybrid-extending-'));

  constructor() {
    for (const name of COPIED)
      cpSync(join(ROOT, name), join(this.path, name), {
        recursive: true,
        filter: (source) => !source.includes('/node_modules'),
      });
    symlinkSync(join(ROOT, 'node_modules'), join(this.path, 'node_modules'));
    writeFileSync(
      join(this.path, 'cli.ts'),
      `import { main } from './src/cli/main.ts';\nawait main(process.argv.slice(2));\n`,
    );
  }

  /**
   * Writes a new file, or inserts the lines with `+` after the line before them, which must be
   * unique.
   */
  apply({ kind, path, lines }: Block): void {
    const file = join(this.path, path);
    if (kind === 'ts') {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${lines.join('\n')}\n`);
      return;
    }
    const anchor = lines.filter((line) => !line.startsWith('+')).map((line) => line.slice(1));
    const added = lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1));
    const text = readFileSync(file, 'utf8');
    const at = `${anchor.join('\n')}\n`;
    if (text.split(at).length !== 2) throw new Error(`${path} must contain once: ${at}`);
    writeFileSync(
      file,
      text.replace(at, () => `${at}${added.join('\n')}\n`),
    );
  }

  compile(): Promise<Result> {
    return run(join(ROOT, 'node_modules/.bin/tsc'), ['--noEmit', '-p', this.path], this.path);
  }

  /** The command line of the runner. */
  call(...args: readonly string[]): Promise<Result> {
    return run(process.execPath, [join(this.path, 'cli.ts'), ...args], this.path);
  }

  test(file: string): Promise<Result> {
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    return run(process.execPath, [vitest, 'run', file], this.path);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

async function run(program: string, args: readonly string[], cwd: string): Promise<Result> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}
