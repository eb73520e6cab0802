import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Child processes of the demo; all are stopped, newest first, when the demo ends. */
export class Processes {
  readonly #children: { readonly name: string; readonly child: ChildProcess }[] = [];

  /**
   * Starts a program whose first line on stdout is JSON with `ready: true`, and returns that
   * object.
   */
  async startAndRead(
    name: string,
    args: readonly string[],
    logFile: string,
  ): Promise<Record<string, unknown>> {
    const child = this.#spawn(name, args, logFile, 'pipe');
    const lines = createInterface({ input: child.stdout! });
    for await (const line of lines) {
      const value = JSON.parse(line) as Record<string, unknown>;
      if (value['ready'] === true) {
        child.stdout!.resume();
        return value;
      }
    }
    throw new Error(`${name} ended before it was ready; see ${logFile}`);
  }

  start(
    name: string,
    args: readonly string[],
    logFile: string,
    environment: Readonly<Record<string, string>> = {},
  ): void {
    this.#spawn(name, args, logFile, 'log', environment);
  }

  /** Runs a command to its end with `input` on stdin. Throws with what it said when it fails. */
  static async run(args: readonly string[], input = ''): Promise<string> {
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stdin.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}:\n${output}`);
    return output;
  }

  pids(): readonly { readonly name: string; readonly pid: number | undefined }[] {
    return this.#children.map(({ name, child }) => ({ name, pid: child.pid }));
  }

  async stopAll(): Promise<void> {
    for (const { child } of this.#children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(timer);
    }
  }

  /** Lets the children outlive the demo. */
  release(): void {
    for (const { child } of this.#children) {
      child.unref();
      child.stdout?.destroy();
    }
  }

  /** The child writes its log itself, so that it continues when the demo has ended. */
  #spawn(
    name: string,
    args: readonly string[],
    logFile: string,
    stdout: 'pipe' | 'log',
    environment: Readonly<Record<string, string>> = {},
  ): ChildProcess {
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', stdout === 'pipe' ? 'pipe' : log, log],
      env: { ...process.env, ...environment },
      detached: true,
    });
    closeSync(log);
    this.#children.push({ name, child });
    return child;
  }
}
