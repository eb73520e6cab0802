import type { Redactor } from '../../redaction/redactor.ts';

/** `scheme://user:password@`, and a user alone. */
const CREDENTIALS_IN_URL = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'\\]+@/gi;
const PRIVATE_KEY = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g;

/**
 * Text of a support bundle: without the secrets that the redactor knows, and without what looks
 * like one wherever it comes from.
 */
export function cleanText(text: string, redactor: Pick<Redactor, 'redact'>): string {
  return redactor
    .redact(text)
    .replace(CREDENTIALS_IN_URL, '$1hidden@')
    .replace(PRIVATE_KEY, '[private key]');
}
