import { styleText } from 'node:util';
import type { Finding } from '../doctor/finding.ts';
import type { Report } from '../doctor/report.ts';
import { wrapLine } from './wrap.ts';

export interface TextOptions {
  readonly color: boolean;
  /** Columns of the terminal; lines are not broken without one. */
  readonly width: number | undefined;
}

const COLORS = { pass: 'green', warn: 'yellow', fail: 'red', skip: 'dim' } as const;
/** Below the text after `  PASS  `. */
const BELOW = ' '.repeat(8);

/** The human-readable report: a heading for each check, a line for each finding, a summary. */
export function reportText({ checks, counts, firstFailure }: Report, options: TextOptions): string {
  const parts = checks.map(({ title, findings }) =>
    [title, ...findings.map((finding) => findingText(finding, options))].join('\n'),
  );
  const { fail, warn, pass, skip } = counts;
  const summary = [`${fail} failed, ${warn} with a warning, ${pass} passed, ${skip} skipped.`];
  if (firstFailure !== null) {
    const { check, subject, detail } = firstFailure;
    summary.push(`First failure: ${check}: ${subject}: ${detail}`);
  }
  return [...parts, summary.map((line) => fit(line, '', options)).join('\n')].join('\n\n');
}

function findingText(
  { status, subject, detail, lines = [], remedy }: Finding,
  options: TextOptions,
): string {
  const word = status.toUpperCase();
  const first = fit(`  ${word}  ${subject}: ${detail}`, BELOW, options);
  const mark = options.color ? styleText(COLORS[status], word, { validateStream: false }) : word;
  return [
    first.replace(word, mark),
    ...lines.map((line) => fit(`${BELOW}  ${line}`, `${BELOW}    `, options)),
    ...(remedy === undefined ? [] : [fit(`${BELOW}→ ${remedy}`, `${BELOW}  `, options)]),
  ].join('\n');
}

function fit(line: string, indent: string, { width }: TextOptions): string {
  return width === undefined ? line : wrapLine(line, width, indent);
}
