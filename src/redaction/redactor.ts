import { decodedViews } from './decoded-views.ts';
import { PatternSearch, type Match } from './pattern-search.ts';
import { MIN_LENGTH, secretForms } from './secret-forms.ts';

// What must never break:
// 1. Text leaves only with every known secret, in every known form, replaced. If that cannot be done, it is withheld.
// 2. A JSON document stays one, with the same keys; in other text no replacement splits a JSON escape.
// 3. What holds no secret is not changed.

const REPLACEMENT = '[secret]';
const WITHHELD = '"[withheld: the redactor failed]"';

/** Takes secrets out of everything a worker writes. */
export interface Redactor {
  /** From now on the value is taken out, for as long as the process lives: an old password stays secret after a rotation. */
  readonly add: (value: string) => void;
  /** The text with `[secret]` in place of each secret. Total; time is linear in the text. */
  readonly redact: (text: string) => string;
}

export type SecretForms = (value: string) => readonly string[];

type State =
  | { readonly kind: 'ready'; readonly search: PatternSearch | undefined }
  | { readonly kind: 'stale' }
  | { readonly kind: 'failed' };

export function createRedactor(formsOf: SecretForms = secretForms): Redactor {
  const values = new Set<string>();
  const forms = new Set<string>();
  const short = new Set<string>();
  const quoted = new Set<string>();
  let state: State = { kind: 'ready', search: undefined };

  const prepare = (): State => {
    if (state.kind === 'stale')
      state = {
        kind: 'ready',
        search: forms.size === 0 ? undefined : new PatternSearch([...forms]),
      };
    return state;
  };
  const replace = (text: string, search: PatternSearch | undefined): string => {
    let clean = search === undefined ? text : replaceMatches(text, findAll(text, search));
    for (const whole of quoted)
      clean = clean.replaceAll(
        whole,
        whole.startsWith('\\') ? `\\"${REPLACEMENT}\\"` : `"${REPLACEMENT}"`,
      );
    return clean;
  };
  const addShort = (value: string): void => {
    short.add(value);
    for (const whole of wholeStrings(value)) quoted.add(whole);
  };

  return {
    add: (value) => {
      if (value === '' || values.has(value) || state.kind === 'failed') return;
      values.add(value);
      try {
        for (const form of formsOf(value)) forms.add(form);
        if (value.length < MIN_LENGTH) addShort(value);
        state = { kind: 'stale' };
      } catch {
        state = { kind: 'failed' };
      }
    },
    redact: (text) => {
      try {
        const now = prepare();
        if (now.kind !== 'ready') return WITHHELD;
        const clean = replace(text, now.search);
        return clean === text
          ? text
          : keepJson(text, clean, (part) =>
              short.has(part) ? REPLACEMENT : replace(part, now.search),
            );
      } catch {
        return WITHHELD;
      }
    },
  };
}

/** A short value as a whole JSON string, also within JSON in JSON. */
function wholeStrings(value: string): string[] {
  const once = JSON.stringify(value);
  return [once, JSON.stringify(once).slice(1, -1)];
}

/** Every place where a secret stands, however its characters are encoded there; in order. */
function findAll(text: string, search: PatternSearch): readonly Match[] {
  const [, ...decoded] = decodedViews(text);
  const matches = search.find(text);
  if (decoded.length === 0) return matches;
  for (const { text: view, original } of decoded)
    matches.push(...search.find(view).map(({ start, end }) => original(start, end)));
  return matches.sort((a, b) => a.start - b.start);
}

/** Overlapping and adjoining matches become one replacement, so that no end of a secret is left over. */
function replaceMatches(text: string, matches: readonly Match[]): string {
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

/** Where a replacement must begin so that it does not leave half an escape such as `\n` or `\u001b` in front of it. */
function escapeStart(text: string, start: number, least: number): number {
  if (backslashesBefore(text, start) % 2 === 1) return Math.max(start - 1, least);
  const unicode = /\\u[0-9a-fA-F]{0,3}$/.exec(text.slice(Math.max(least, start - 5), start));
  if (unicode === null) return start;
  const escape = start - unicode[0].length;
  return backslashesBefore(text, escape) % 2 === 0 ? escape : start;
}

/** Where it must end: a last backslash takes what it escapes with it. */
function escapeEnd(text: string, end: number): number {
  return end < text.length && backslashesBefore(text, end) % 2 === 1 ? end + 1 : end;
}

function backslashesBefore(text: string, index: number): number {
  let count = 0;
  while (index - count > 0 && text[index - count - 1] === '\\') count++;
  return count;
}

/** A document is cleaned string by string: a secret that looks like JSON itself must not tear its structure. */
function keepJson(text: string, clean: string, replace: (text: string) => string): string {
  const document = /^\s*[[{]/.test(text) ? parseJson(text) : undefined;
  return document === undefined
    ? clean
    : JSON.stringify(cleanValue(document.value, replace)) + (text.endsWith('\n') ? '\n' : '');
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function cleanValue(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value);
  if (typeof value === 'number') return replace(`${value}`) === REPLACEMENT ? REPLACEMENT : value;
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, replace));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [replace(key), cleanValue(item, replace)]),
  );
}
