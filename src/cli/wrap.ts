/** Spaces that continuation lines have in addition to those of their first line. */
const HANGING = 4;
/** Lines are not broken below this width. */
const MIN_WIDTH = 20;

/**
 * Breaks lines at spaces so that they fit. A longer word, for example a path, stays whole so that
 * it can be copied.
 */
export function wrap(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, width, ' '.repeat(indentOf(line) + HANGING)))
    .join('\n');
}

/** The same for one line; the next ones start with `indent`. */
export function wrapLine(line: string, width: number, indent: string): string {
  if (line.length <= width || width < MIN_WIDTH) return line;
  const margin = indent.length < width / 2 ? indent : '';
  const lines: string[] = [];
  let current = '';
  for (const [chunk] of line.matchAll(/\s*\S+/g)) {
    if (current.trim() === '' || current.length + chunk.length <= width) current += chunk;
    else {
      lines.push(current);
      current = margin + chunk.trimStart();
    }
  }
  return [...lines, current].join('\n');
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
