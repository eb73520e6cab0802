import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import {
  assertRegularFile,
  assertSafe,
  WRITABLE_BY_OTHERS,
} from '../../../../foundation/src/runtime/safe-file.ts';
import { assertSafeDirectories } from '../../../../foundation/src/runtime/trusted-file.ts';
import { throwIfAborted, withDeadline } from '../../../../foundation/src/runtime/abort.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import { formatReference, type SecretPath } from '../../reference.ts';
import { NAME, type CommandOptions } from '../command.ts';
import type { SecretManager, StoredSecret } from '../manager-kind.ts';

// Invariant: no shell, no text of a reference where the program could take it for an option, no
// variable that the configuration does not name. What the program writes to its error output is
// not kept: it could contain the value. A look-up starts the program at most once.

/** An object with several values; each has the limit of every value. */
const MAX_OUTPUT_BYTES = 512 * 1024;

export async function openCommand(
  options: CommandOptions,
  { env, clock }: ProviderDeps,
): Promise<SecretManager> {
  const [program = '', ...args] = options.command;
  const inherited = (options.environment ?? []).flatMap((name) =>
    env[name] === undefined ? [] : [[name, env[name]] as const],
  );
  return {
    where: (name) => [program, ...argumentsFor(args, name)].join(' '),
    check: () => assertProgram(program),
    fetch: async (name, signal) => {
      assertPlain(name);
      await assertProgram(program);
      return once(() =>
        withDeadline(`the program ${program}`, options.timeout, clock, signal, (bounded) =>
          run(program, argumentsFor(args, name), Object.fromEntries(inherited), bounded),
        ),
      );
    },
  };
}

/** A program may change something before it is killed, so no failure starts it again. */
async function once<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw RunnerError.from(thrown, 'SECRET_PROVIDER_FAILED').with({ retryable: false });
  }
}

function argumentsFor(args: readonly string[], name: SecretPath): readonly string[] {
  return args.map((arg) => (arg === NAME ? name.join('/') : arg));
}

/** A name that begins with a hyphen could be taken for an option. */
function assertPlain(name: SecretPath): void {
  if (name[0]?.startsWith('-') !== true) return;
  throw new RunnerError(
    'SECRET_UNAVAILABLE',
    `${formatReference(name)} below the mount begins with a hyphen, which a program could take for an option`,
  );
}

/** Whoever can change the program decides what the runner sends to its sources. */
async function assertProgram(program: string): Promise<void> {
  try {
    const stats = await stat(program);
    assertRegularFile(program, stats);
    assertSafe(program, stats, WRITABLE_BY_OTHERS);
    await assertSafeDirectories(program);
    await access(program, constants.X_OK);
  } catch (thrown) {
    throw RunnerError.from(thrown, 'SECRET_PROVIDER_FAILED').with({ retryable: false });
  }
}

async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<StoredSecret | undefined> {
  throwIfAborted(signal);
  const child = spawn(program, args, {
    env,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
    shell: false,
  });
  const kill = (): void => {
    killGroup(child);
    // A process that has left the group can still hold the pipe.
    child.stdout?.destroy();
  };
  killAtExit(child);
  signal.addEventListener('abort', kill, { once: true });
  try {
    const ended = endOf(child, program);
    ended.catch(() => undefined);
    const output = await outputOf(child, kill, program);
    const code = await ended;
    // Most programs end in the same way if there is no such secret and if they fail.
    if (code !== 0) throw new RunnerError('SECRET_UNAVAILABLE', `${program} ended with ${code}`);
    const content = withoutLineEnd(output);
    return content.length === 0 ? undefined : { content };
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
    running.delete(child);
  }
}

const running = new Set<ChildProcess>();

/** A worker ends at once when its run is canceled: no program may outlive it. */
function killAtExit(child: ChildProcess): void {
  if (!process.listeners('exit').includes(killRunning)) process.once('exit', killRunning);
  running.add(child);
}

function killRunning(): void {
  for (const child of running) killGroup(child);
}

async function outputOf(child: ChildProcess, kill: () => void, program: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Without file handles for it there is no pipe, and the program has not been started.
  for await (const chunk of (child.stdout ?? []) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_OUTPUT_BYTES) {
      kill();
      throw new RunnerError('SECRET_VALUE_UNUSABLE', `${program} printed more than 512 KiB`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The exit code, or the signal's name. */
function endOf(child: ChildProcess, program: string): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('close', (code, name) => resolve(code ?? name ?? 'no code'));
    child.once('error', (cause) =>
      reject(
        new RunnerError('SECRET_PROVIDER_FAILED', `${program} cannot be started`, {
          cause,
          retryable: false,
        }),
      ),
    );
  });
}

/** Also what the program has started: the pipe would stay open otherwise. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them have ended.
  }
}

function withoutLineEnd(output: Buffer): Buffer {
  const end = output.at(-1) === 0x0a ? (output.at(-2) === 0x0d ? 2 : 1) : 0;
  return output.subarray(0, output.length - end);
}
