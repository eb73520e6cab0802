/** A piece of formula text. `position` counts UTF-16 units from 0. */
export type Token =
  | { readonly kind: 'text'; readonly value: string; readonly position: number }
  | { readonly kind: 'number'; readonly value: string; readonly position: number }
  /** A name, or names joined by `.` and `:` without spaces. */
  | { readonly kind: 'path'; readonly value: string; readonly position: number }
  | { readonly kind: 'symbol'; readonly value: string; readonly position: number }
  | { readonly kind: 'end'; readonly value: ''; readonly position: number };

export interface FormulaProblem {
  /** In UTF-16 units from 0. */
  readonly position: number;
  readonly message: string;
}

export type Tokenized =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | ({ readonly ok: false } & FormulaProblem);

/**
 * Each is matched at one position and cannot backtrack over more than it has read, so tokenizing is
 * linear.
 */
const BLANK = /[\s\u200B\uFEFF]+/y;
const NUMBER = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)/y;
const PATH =
  /\$?[\p{L}_][\p{L}\p{N}_]*(?::[\p{L}_][\p{L}\p{N}_]*)?(?:\.[\p{L}_][\p{L}\p{N}_]*(?::[\p{L}_][\p{L}\p{N}_]*)?)*/uy;
const SYMBOL = /&&|\|\||==|<>|!=|<=|>=|[-+*/^&=<>!(),]/y;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/**
 * Splits formula text into tokens, the last of which is `end`. Linear in the length; never throws.
 */
export function tokenize(source: string): Tokenized {
  const tokens: Token[] = [];
  let position = 0;
  while (position < source.length) {
    const skipped = skip(source, position);
    if (typeof skipped !== 'number') return skipped;
    if (skipped > position) {
      position = skipped;
      continue;
    }
    const token = readToken(source, position);
    if ('ok' in token) return token;
    tokens.push(token.token);
    position = token.next;
  }
  tokens.push({ kind: 'end', value: '', position: source.length });
  return { ok: true, tokens };
}

type Failed = { readonly ok: false } & FormulaProblem;
type Step = { readonly token: Token; readonly next: number };

/** The position after the blank or comment that starts here; the same position if there is none. */
function skip(source: string, position: number): number | Failed {
  const blank = match(BLANK, source, position);
  if (blank !== undefined) return position + blank.length;
  if (!source.startsWith('/*', position)) return position;
  const close = source.indexOf('*/', position + 2);
  return close === -1 ? { ok: false, position, message: 'unclosed comment' } : close + 2;
}

function readToken(source: string, position: number): Step | Failed {
  const first = source[position];
  if (first === '"' || first === "'") return readText(source, position, first);
  for (const [kind, pattern] of [
    ['path', PATH],
    ['number', NUMBER],
    ['symbol', SYMBOL],
  ] as const) {
    const value = match(pattern, source, position);
    if (value !== undefined)
      return { token: { kind, value, position }, next: position + value.length };
  }
  return {
    ok: false,
    position,
    message: `unexpected character ${JSON.stringify(String.fromCodePoint(source.codePointAt(position)!))}`,
  };
}

function readText(source: string, start: number, quote: string): Step | Failed {
  const parts: string[] = [];
  let from = start + 1;
  for (let at = from; at < source.length; at++) {
    if (source[at] === quote) {
      parts.push(source.slice(from, at));
      return { token: { kind: 'text', value: parts.join(''), position: start }, next: at + 1 };
    }
    if (source[at] !== '\\' || at + 1 === source.length) continue;
    const escaped = source[at + 1]!;
    parts.push(source.slice(from, at), ESCAPES[escaped] ?? escaped);
    from = at + 2;
    at += 1;
  }
  return { ok: false, position: start, message: 'unclosed string literal' };
}

function match(pattern: RegExp, source: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(source)?.[0];
}
