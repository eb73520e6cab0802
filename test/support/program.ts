import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program of this repository as a child process, with its output and a way to kill it. */
export class Program {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, 'close');
    child.stdout!.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
  }

  static start(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Program {
    return new Program(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env }));
  }

  /** Starts a program that reports being ready with a JSON line with `ready: true`. */
  static async startReady(
    args: readonly string[],
  ): Promise<{ program: Program; ready: Record<string, unknown> }> {
    const program = Program.start(args);
    for await (const line of createInterface({ input: program.#child.stdout! })) {
      const value = JSON.parse(line) as Record<string, unknown>;
      if (value['ready'] === true) {
        program.#child.stdout!.on('data', () => undefined).resume();
        return { program, ready: value };
      }
    }
    throw new Error(`${args[0]} ended before it was ready:\n${program.output}`);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Everything it printed so far, stdout and stderr. */
  get output(): string {
    return this.#output;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Sends a signal and waits until the process is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    const force = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    await this.#exited;
    clearTimeout(force);
  }
}
