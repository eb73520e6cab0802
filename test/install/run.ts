import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program of this machine to its end. */
export async function run(
  program: string,
  args: readonly string[],
  { input = '', cwd, env }: RunOptions = {},
): Promise<Result> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  // A command that refuses before it reads closes its end first.
  child.stdin.on('error', () => undefined).end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** What it printed. Throws with all of it when it fails. */
export async function runWell(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

const begun = Date.now();

/** Progress of a test that takes minutes. */
export function say(text: string): void {
  process.stderr.write(
    `${String(Math.round((Date.now() - begun) / 1000)).padStart(5)} s  ${text}\n`,
  );
}
