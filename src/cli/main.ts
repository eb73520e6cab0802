import { goesToJournal } from '../observability/journal.ts';
import { excludeMemoryFromCoreDumps } from '../../foundation/src/runtime/core-dump.ts';
import { isErrno } from '../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { exitCodeOf } from './exit-codes.ts';
import { Interrupts } from './interrupts.ts';
import type { Command, Flags } from './invocation.ts';
import { assertSafeProcess } from './process-checks.ts';
import { Terminal } from './terminal.ts';

/**
 * Runs the command line and sets the exit code; the process ends when its event loop is empty.
 * Never throws.
 */
export async function main(args: readonly string[]): Promise<void> {
  process.umask(0o077);
  excludeMemoryFromCoreDumps();
  const terminal = openTerminal(args);
  const fail = (thrown: unknown): void => {
    const error = RunnerError.from(thrown);
    terminal.fail(error);
    process.exitCode = exitCodeOf(error);
  };
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (thrown: unknown) => {
      fail(thrown);
      process.exit();
    });
  }
  try {
    assertSafeProcess(process.env, process.execArgv);
    await parse(args, terminal, new Interrupts(process));
  } catch (thrown) {
    fail(thrown);
  } finally {
    // Unread input must not keep the process of a finished command alive.
    process.stdin.unref?.();
  }
}

async function parse(
  args: readonly string[],
  terminal: Terminal,
  interrupts: Interrupts,
): Promise<void> {
  const [{ buildProgram }, { showHelp }, { CommanderError }] = await Promise.all([
    import('./command-line.ts'),
    import('./usage.ts'),
    import('commander'),
  ]);
  const launch = async (
    load: () => Promise<Command>,
    flags: Flags,
    operands: readonly string[],
  ): Promise<void> => {
    const command = await load();
    const code = await command({ terminal, interrupts, env: process.env, flags, operands });
    process.exitCode = code ?? 0;
  };
  const write = (text: string): boolean => terminal.stdout.write(text);
  const program = buildProgram(launch, { write, columns: terminal.columns });
  if (args[0] === 'help') return showHelp(program, args.slice(1));
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (thrown) {
    // Help on request ends the parser, successfully.
    if (!(thrown instanceof CommanderError)) throw thrown;
  }
}

/** A command whose result could not be written has failed, even if it succeeds otherwise. */
function failAtExit(error: RunnerError): void {
  process.once('exit', () => {
    if (process.exitCode !== undefined && process.exitCode !== 0) return;
    process.stderr.write(`error ${String(error)}\n`);
    process.exitCode = exitCodeOf(error);
  });
}

function openTerminal(args: readonly string[]): Terminal {
  const level = args.indexOf('--log-level');
  const debug =
    process.env['HYBRID_RUNNER_LOG_LEVEL'] === 'debug' ||
    (level >= 0 && args[level + 1] === 'debug') ||
    args.includes('--log-level=debug');
  // The reader of the output may stop reading. Only the records of an ingestion would be lost; its
  // sink reports that.
  const carriesRecords = args[0] === 'ingest';
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: Error) => {
      if (isErrno(error, 'EPIPE')) {
        if (!carriesRecords || stream === process.stderr) process.exit();
      } else if (stream === process.stdout) failAtExit(RunnerError.from(error, 'SINK_FAILED'));
    });
  }
  return new Terminal({
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    json: args.includes('--json'),
    debug,
    journal: goesToJournal(process.env, 2),
    plain: process.env['TERM'] === 'dumb',
  });
}
