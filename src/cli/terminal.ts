import type { Readable, Writable } from 'node:stream';
import { problemsOf } from '../config/problems.ts';
import { withPriority } from '../observability/journal.ts';
import { visible, visibleLines } from '../observability/visible.ts';
import type { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { wrap } from './wrap.ts';

/** Where a command writes. Only a terminal has columns. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface TerminalOptions {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  /** Whether the output is one JSON document on stdout. */
  readonly json: boolean;
  /** Whether errors are shown with their stacks. */
  readonly debug: boolean;
  /** Whether stderr goes to the journal, so that errors get its error priority. */
  readonly journal?: boolean;
  /** Whether a terminal understands no control sequences, as with `TERM=dumb`. */
  readonly plain?: boolean;
}

const MAX_CAUSES = 5;

/**
 * The output of a command: results on stdout, everything else on stderr, without control sequences.
 * On a terminal, text is broken at its last column; elsewhere a line stays a line.
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

  /** Columns of the terminal on standard output; undefined if it is none. */
  get columns(): number | undefined {
    return columnsOf(this.stdout);
  }

  /** Whether lines on this output can be cleared and drawn again. */
  redraws(output: Output): boolean {
    return output.isTTY === true && !this.json && this.#options.plain !== true;
  }

  /** A command's result: `value` as JSON, else `text`. */
  result(value: unknown, text: string): void {
    this.stdout.write(
      this.json ? `${JSON.stringify(value)}\n` : `${fit(visibleLines(text), this.stdout)}\n`,
    );
  }

  /** A result that is to be copied or read by a program, so that no line of it is broken. */
  document(value: unknown, text: string): void {
    this.stdout.write(this.json ? `${JSON.stringify(value)}\n` : `${visibleLines(text)}\n`);
  }

  /** A message in addition to the result; left out of JSON output. */
  notice(text: string): void {
    if (!this.json) this.stderr.write(`${fit(visibleLines(text), this.stderr)}\n`);
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
      this.stderr.write(this.#error(fit(visibleLines(lines.join('\n')), this.stderr)));
    }
    if (this.#options.debug) this.stderr.write(this.#error(visibleLines(stacks(error))));
  }

  #error(text: string): string {
    return `${this.#options.journal === true ? withPriority('error', text) : text}\n`;
  }
}

/** Columns of a terminal; undefined for anything else, and if it does not know them. */
export function columnsOf({ isTTY, columns: width = 0 }: Output): number | undefined {
  return isTTY === true && width > 0 ? width : undefined;
}

function fit(text: string, output: Output): string {
  const width = columnsOf(output);
  return width === undefined ? text : wrap(text, width);
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
