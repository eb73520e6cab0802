import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Of the environment of the tests, a program gets only these. */
const { PATH, NODE_COMPILE_CACHE } = process.env;
export const program = resolve(import.meta.dirname, '../../bin/hybrid-runner.js');

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CallOptions {
  readonly input?: string | Buffer;
  readonly env?: NodeJS.ProcessEnv;
  readonly node?: string;
}

/** A directory of its own with a configuration, and the program as a real process in it. */
export class Place {
  readonly directory = mkdtempSync(join(tmpdir(), 'cli-'));
  readonly config = join(this.directory, 'runner.yaml');
  readonly stateDir = join(this.directory, 'state');

  constructor() {
    writeFileSync(
      this.config,
      JSON.stringify({
        name: 'test',
        stateDir: this.stateDir,
        secrets: { vault: { keyFile: join(this.directory, 'keys', 'vault.key') } },
      }),
      { mode: 0o600 },
    );
  }

  file(name: string, content: string, mode = 0o600): string {
    const path = join(this.directory, name);
    writeFileSync(path, content, { mode });
    chmodSync(path, mode);
    return path;
  }

  folder(name: string): string {
    const path = join(this.directory, name);
    mkdirSync(path, { mode: 0o700 });
    return path;
  }

  /** With `--config` at the end. */
  call(args: readonly string[], options: CallOptions = {}): Promise<Result> {
    return this.callBare([...args, '--config', this.config], options);
  }

  async callBare(
    args: readonly string[],
    { input = '', env = {}, node = process.execPath }: CallOptions = {},
  ): Promise<Result> {
    const child = spawn(node, [program, ...args], {
      cwd: this.directory,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH, NODE_COMPILE_CACHE, HOME: this.directory, ...env },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    // A command that rejects before it reads closes its end first.
    child.stdin.on('error', () => undefined).end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  /**
   * Every file below, with size and time: equal before and after means that nothing was written.
   */
  snapshot(): readonly string[] {
    return readdirSync(this.directory, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((path) => {
        const { size, mtimeMs, mode } = statSync(join(this.directory, path));
        return `${path} ${size} ${mtimeMs} ${mode.toString(8)}`;
      });
  }

  /** Everything below as one text. */
  contents(): string {
    return readdirSync(this.directory, { recursive: true, encoding: 'utf8' })
      .map((path) => join(this.directory, path))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, 'latin1'))
      .join('\n');
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
