import { styleText } from 'node:util';
import type { Finding, Status } from '../doctor/finding.ts';
import type { Report } from '../doctor/report.ts';

export interface TextOptions {
  readonly color: boolean;
  /** Columns of the terminal; lines are not wrapped without one. */
  readonly width: number | undefined;
}

const COLORS = { pass: 'green', warn: 'yellow', fail: 'red', skip: 'dim' } as const;
const INDENT = '  ';
/** Below the text after `  PASS  `. */
const BELOW = ' '.repeat(8);
const MIN_WIDTH = 30;

/** The report for people: a heading for each check, a line for each finding, a summary. */
export function reportText({ checks, counts, firstFailure }: Report, options: TextOptions): string {
  const parts = checks.map(({ title, findings }) =>
    [title, ...findings.flatMap((finding) => findingLines(finding, options))].join('\n'),
  );
  const { fail, warn, pass, skip } = counts;
  const summary = `${fail} failed, ${warn} with a warning, ${pass} passed, ${skip} skipped.`;
  const first =
    firstFailure === null
      ? []
      : [`First failure: ${firstFailure.check}: ${firstFailure.subject}: ${firstFailure.detail}`];
  const end = [summary, ...first].flatMap((line) => wrap(line, '', '', options));
  return [...parts, end.join('\n')].join('\n\n');
}

function findingLines(
  { status, subject, detail, lines = [], remedy }: Finding,
  options: TextOptions,
): readonly string[] {
  const mark = marked(status, options);
  return [
    ...wrap(`${subject}: ${detail}`, '', BELOW, options, INDENT.length + 6).map((line, index) =>
      index === 0 ? `${INDENT}${mark}  ${line}` : line,
    ),
    ...lines.flatMap((line) => wrap(line, `${BELOW}  `, `${BELOW}  `, options)),
    ...(remedy === undefined ? [] : wrap(`→ ${remedy}`, BELOW, `${BELOW}  `, options)),
  ];
}

function marked(status: Status, { color }: TextOptions): string {
  const word = status.toUpperCase();
  return color ? styleText(COLORS[status], word, { validateStream: false }) : word;
}

/** Breaks between words; `used` columns of the first line are taken. */
function wrap(
  text: string,
  first: string,
  rest: string,
  { width }: TextOptions,
  used = 0,
): readonly string[] {
  if (width === undefined || width < MIN_WIDTH) return [first + text];
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  const room = (): number => width - (lines.length === 0 ? used : 0);
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > room()) {
      lines.push(line);
      line = rest;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
