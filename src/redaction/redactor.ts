import { decodedViews } from './decoded-views.ts';
import { redactJson } from './json-document.ts';
import { PatternSearch, type Match } from './pattern-search.ts';
import { REPLACEMENT, replaceMatches } from './replacement.ts';
import { MIN_LENGTH, secretForms } from './secret-forms.ts';

// Invariants:
// 1. Text leaves only with every known secret, in every known form, replaced. Text that cannot be
//    redacted is withheld.
// 2. A JSON document stays valid, with the same keys; in other text no replacement splits a JSON
//    escape.
// 3. Text without a secret is not changed.

const WITHHELD = '"[withheld: the redactor failed]"';

/** Removes secrets from everything a worker writes. */
export interface Redactor {
  /**
   * Removes the value from now on, until the process ends: an old password stays secret after a
   * rotation.
   */
  readonly add: (value: string) => void;
  /** The text with `[secret]` in place of each secret. Never throws; time is linear in the text. */
  readonly redact: (text: string) => string;
}

export type SecretForms = (value: string) => readonly string[];

export function createRedactor(formsOf: SecretForms = secretForms): Redactor {
  const known = new KnownSecrets(formsOf);
  return {
    add: (value) => known.add(value),
    redact: (text) => {
      try {
        return known.redact(text);
      } catch {
        return WITHHELD;
      }
    },
  };
}

type State =
  | { readonly kind: 'ready'; readonly search: PatternSearch | undefined }
  /** A value was added since the search was made. */
  | { readonly kind: 'stale' }
  /** The forms of a value are not known, so no text can leave. */
  | { readonly kind: 'failed' };

class KnownSecrets {
  readonly #formsOf: SecretForms;
  readonly #values = new Set<string>();
  readonly #forms = new Set<string>();
  /** Values too short to be searched for; replaced only where they are a whole JSON string. */
  readonly #short = new Set<string>();
  readonly #quoted = new Set<string>();
  #state: State = { kind: 'ready', search: undefined };

  constructor(formsOf: SecretForms) {
    this.#formsOf = formsOf;
  }

  add(value: string): void {
    if (value === '' || this.#values.has(value) || this.#state.kind === 'failed') return;
    this.#values.add(value);
    try {
      for (const form of this.#formsOf(value)) this.#forms.add(form);
      if (value.length < MIN_LENGTH) this.#addShort(value);
      this.#state = { kind: 'stale' };
    } catch {
      this.#state = { kind: 'failed' };
    }
  }

  redact(text: string): string {
    if (this.#state.kind === 'failed') return WITHHELD;
    const search = this.#search();
    const clean = this.#replace(text, search);
    if (clean === text) return text;
    // A secret that looks like JSON must not break the structure of a document.
    const document = redactJson(text, (part) =>
      this.#short.has(part) ? REPLACEMENT : this.#replace(part, search),
    );
    return document ?? clean;
  }

  #addShort(value: string): void {
    this.#short.add(value);
    for (const quoted of quotedForms(value)) this.#quoted.add(quoted);
  }

  #search(): PatternSearch | undefined {
    if (this.#state.kind === 'ready') return this.#state.search;
    const search = this.#forms.size === 0 ? undefined : new PatternSearch([...this.#forms]);
    this.#state = { kind: 'ready', search };
    return search;
  }

  #replace(text: string, search: PatternSearch | undefined): string {
    let clean = search === undefined ? text : replaceMatches(text, findAll(text, search));
    for (const quoted of this.#quoted)
      clean = clean.replaceAll(
        quoted,
        quoted.startsWith('\\') ? `\\"${REPLACEMENT}\\"` : `"${REPLACEMENT}"`,
      );
    return clean;
  }
}

/** A short value as a whole JSON string, also in JSON in JSON. */
function quotedForms(value: string): string[] {
  const once = JSON.stringify(value);
  return [once, JSON.stringify(once).slice(1, -1)];
}

/** Every occurrence of a secret, also with encoded characters; in order. */
function findAll(text: string, search: PatternSearch): readonly Match[] {
  const [, ...decoded] = decodedViews(text);
  const matches = search.find(text);
  if (decoded.length === 0) return matches;
  for (const { text: view, original } of decoded)
    matches.push(...search.find(view).map(({ start, end }) => original(start, end)));
  return matches.sort((a, b) => a.start - b.start);
}
