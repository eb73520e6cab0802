/**
 * Characters that act on a terminal or on the order of text instead of being seen: control characters (ANSI sequences
 * start with one), line separators, bidirectional controls, zero-width characters.
 */
const ACTING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const ACTING_BUT_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** As JSON spells it, so that a line of JSON stays one. */
function escape(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}

/** `text` on one line, with acting characters spelled out. */
export function visible(text: string): string {
  return text.replace(ACTING, escape);
}

/** The same, but line breaks stay: for messages of our own that list things. */
export function visibleLines(text: string): string {
  return text.replace(ACTING_BUT_LINES, escape);
}

/** The same for every string in plain data, keys included. */
export function visibleData(value: unknown): unknown {
  if (typeof value === 'string') return visible(value);
  if (Array.isArray(value)) return value.map(visibleData);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [visible(key), visibleData(child)]),
  );
}
