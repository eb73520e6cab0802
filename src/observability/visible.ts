/**
 * Characters that control a terminal or the order of text and are not visible: control characters
 * (which start ANSI sequences), line separators, bidirectional controls, zero-width characters.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const INVISIBLE_EXCEPT_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Escapes as JSON does, so that a JSON line stays valid. */
function escape(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}

/** Escapes invisible characters, line breaks included. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, escape);
}

/** Escapes invisible characters except line breaks, for lists in messages of this program. */
export function visibleLines(text: string): string {
  return text.replace(INVISIBLE_EXCEPT_LINES, escape);
}

/** Escapes invisible characters in every string of plain data, including keys. */
export function visibleData(value: unknown): unknown {
  if (typeof value === 'string') return visible(value);
  if (Array.isArray(value)) return value.map(visibleData);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [visible(key), visibleData(child)]),
  );
}
