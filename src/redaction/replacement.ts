import type { Match } from './pattern-search.ts';

export const REPLACEMENT = '[secret]';

/**
 * Replaces the matches, which are in order of their starts. Overlapping and adjacent matches become
 * one replacement, so that no end of a secret is left. A replacement takes JSON escapes as a whole.
 */
export function replaceMatches(text: string, matches: readonly Match[]): string {
  if (matches.length === 0) return text;
  let clean = '';
  let done = 0;
  for (let index = 0; index < matches.length;) {
    const start = escapeStart(text, matches[index]!.start, done);
    let { end } = matches[index++]!;
    while (index < matches.length && matches[index]!.start <= end)
      end = Math.max(end, matches[index++]!.end);
    clean += text.slice(done, start) + REPLACEMENT;
    done = escapeEnd(text, end);
    while (index < matches.length && matches[index]!.end <= done) index++;
  }
  return clean + text.slice(done);
}

/**
 * Where a replacement must start so that it leaves no half of an escape such as `\n` or `\u001b`
 * before it.
 */
function escapeStart(text: string, start: number, least: number): number {
  if (backslashesBefore(text, start) % 2 === 1) return Math.max(start - 1, least);
  const unicode = /\\u[0-9a-fA-F]{0,3}$/.exec(text.slice(Math.max(least, start - 5), start));
  if (unicode === null) return start;
  const escape = start - unicode[0].length;
  return backslashesBefore(text, escape) % 2 === 0 ? escape : start;
}

/** Where it must end: after the character that a last backslash escapes. */
function escapeEnd(text: string, end: number): number {
  return end < text.length && backslashesBefore(text, end) % 2 === 1 ? end + 1 : end;
}

function backslashesBefore(text: string, index: number): number {
  let count = 0;
  while (index - count > 0 && text[index - count - 1] === '\\') count++;
  return count;
}
