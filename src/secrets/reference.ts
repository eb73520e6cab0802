/** The segments of a valid reference. */
export type SecretPath = readonly string[];

const REFERENCE = /^secret:(?<path>(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}){1,8})$/;

/**
 * Parses `secret:/a/b/c`: one to eight segments of letters, digits, `.`, `_` and `-`, none starting
 * with a dot. Decodes and trims nothing. Undefined for any other text.
 */
export function parseReference(text: string): SecretPath | undefined {
  return REFERENCE.exec(text)?.groups?.['path']?.slice(1).split('/');
}

export function formatReference(path: SecretPath): string {
  return `secret:/${path.join('/')}`;
}

const EMBEDDED = /secret\s*(?::|%3a|：)\s*(?:[/\\]|%2f|%5c)/i;
const PREFIXED = /^\W*secret\s*(?::|%3a|：)/i;

/** Whether the text could be meant as a reference: inside a longer text, misspelled, or encoded. */
export function looksLikeReference(text: string): boolean {
  return EMBEDDED.test(text) || PREFIXED.test(text);
}
