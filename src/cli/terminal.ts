import type { Readable, Writable } from 'node:stream';
import { problemsOf } from '../config/problems.ts';
import { withPriority } from '../observability/journal.ts';
import { visible, visibleLines } from '../observability/visible.ts';
import type { RunnerError } from '../../foundation/src/runtime/errors.ts';

export interface TerminalOptions {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Whether the output is one JSON document on stdout. */
  readonly json: boolean;
  /** Whether errors are shown with their stacks. */
  readonly debug: boolean;
  /** Whether stderr goes to the journal, so that errors get its error priority. */
  readonly journal?: boolean;
}

const MAX_CAUSES = 5;

/**
 * The output of a command: results on stdout, everything else on stderr, without control sequences.
 */
export class Terminal {
  readonly #options: TerminalOptions;

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  get json(): boolean {
    return this.#options.json;
  }

  get stdin(): TerminalOptions['stdin'] {
    return this.#options.stdin;
  }

  get stdout(): TerminalOptions['stdout'] {
    return this.#options.stdout;
  }

  get stderr(): TerminalOptions['stderr'] {
    return this.#options.stderr;
  }

  /** A command's result: `value` as JSON, else `text`. */
  result(value: unknown, text: string): void {
    this.stdout.write(this.json ? `${JSON.stringify(value)}\n` : `${visibleLines(text)}\n`);
  }

  /** A message in addition to the result; left out of JSON output. */
  notice(text: string): void {
    if (!this.json) this.stderr.write(`${visibleLines(text)}\n`);
  }

  /** Code, message, causes, remedy. */
  fail(error: RunnerError): void {
    if (this.json) {
      const problems = problemsOf(error);
      this.stdout.write(
        `${JSON.stringify({ error: { ...error.toFailure(), ...(problems.length === 0 ? {} : { problems }) } })}\n`,
      );
    } else {
      const lines = [
        `error ${error.code}: ${error.message}`,
        ...causes(error).map((cause) => `  because ${visible(cause)}`),
        `  → ${error.remedy}`,
      ];
      this.stderr.write(this.#error(visibleLines(lines.join('\n'))));
    }
    if (this.#options.debug) this.stderr.write(this.#error(visibleLines(stacks(error))));
  }

  #error(text: string): string {
    return `${this.#options.journal === true ? withPriority('error', text) : text}\n`;
  }
}

/** Messages of the causes of an error, without those that its own message contains. */
function causes(error: RunnerError): string[] {
  const found: string[] = [];
  for (
    let cause = error.cause;
    cause instanceof Error && found.length < MAX_CAUSES;
    cause = cause.cause
  ) {
    if (cause.message !== '' && !error.message.includes(cause.message)) found.push(cause.message);
  }
  return found;
}

function stacks(error: RunnerError): string {
  const found: string[] = [];
  for (
    let current: unknown = error;
    current instanceof Error && found.length < MAX_CAUSES;
    current = current.cause
  )
    found.push(current.stack ?? current.message);
  return found.join('\n');
}

/** A count with its noun, from the plural: `1 warning`, `2 warnings`. */
export function counted(count: number, plural: string): string {
  return `${count} ${count === 1 ? plural.replace(/ies$/, 'y').replace(/s$/, '') : plural}`;
}

/** Columns of equal width, for lists. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (found, row) => row.map((cell, index) => Math.max(found[index] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index]!)))
        .join('  '),
    )
    .join('\n');
}
