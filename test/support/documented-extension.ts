import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const COPIED =
  'src foundation openmetadata test demo bench scripts proto control-plane sandbox-org package.json tsconfig.json vitest.config.ts ARCHITECTURE.md docs .oxfmtrc.json'.split(
    ' ',
  );

/** A code block of a document whose first line is a path. */
export interface Block {
  readonly kind: 'ts' | 'yaml' | 'diff';
  readonly path: string;
  readonly lines: readonly string[];
}

export function blocksOf(document: string): Block[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const found = text.matchAll(
    /^```(?<kind>ts|yaml|diff)\n(?:\/\/|#) (?<path>\S+)\n(?<body>.*?)^```$/gms,
  );
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
      this.program,
      `import { main } from './src/cli/main.ts';\nawait main(process.argv.slice(2));\n`,
    );
  }

  /**
   * Writes a new file, or inserts the lines with `+` after the line before them, which must be
   * unique.
   */
  apply({ kind, path, lines }: Block): void {
    const file = join(this.path, path);
    if (kind !== 'diff') {
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

  /**
   * Gives every connector an entry for each job kind that it lacks. The working tree may have
   * connectors and kinds that the document does not know.
   */
  completeJobs(): void {
    const kinds = readFileSync(join(this.path, 'foundation/src/domain/job.ts'), 'utf8').matchAll(
      /^ {2}(?<kind>\w+): \{ yields: /gm,
    );
    const names = [...kinds].map(({ groups }) => groups!['kind']!);
    const connectors = join(this.path, 'src/connectors');
    for (const { name } of readdirSync(connectors, { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    )) {
      const file = join(connectors, name, 'connector.ts');
      const text = readFileSync(file, 'utf8');
      const jobs = /^ {4}jobs: \{\n(?<entries>(?: {6}.*\n)*)/m.exec(text)!.groups!['entries']!;
      const missing = names.filter((kind) => !jobs.includes(`      ${kind}: `));
      const added = missing.map((kind) => `      ${kind}: 'unsupported',\n`).join('');
      writeFileSync(
        file,
        text.replace(jobs, () => `${added}${jobs}`),
      );
    }
  }

  /** Whether the files are as `npm run format` leaves them. */
  format(paths: readonly string[]): Promise<Result> {
    return run(join(ROOT, 'node_modules/.bin/oxfmt'), ['--check', ...paths], this.path);
  }

  /** The second time only what has changed. */
  compile(): Promise<Result> {
    const once = ['--incremental', '--tsBuildInfoFile', join(this.path, 'tsc.json')];
    return run(
      join(ROOT, 'node_modules/.bin/tsc'),
      ['--noEmit', '-p', this.path, ...once],
      this.path,
    );
  }

  /** The program of the runner, which takes a command line. */
  get program(): string {
    return join(this.path, 'cli.ts');
  }

  /** Runs a command of the runner to its end. */
  call(...args: readonly string[]): Promise<Result> {
    return run(process.execPath, [this.program, ...args], this.path);
  }

  test(...files: readonly string[]): Promise<Result> {
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    return run(process.execPath, [vitest, 'run', ...files], this.path);
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
