import * as fc from 'fast-check';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { anyCharacter } from './any-character.ts';

/** The redact function of a redactor with these values. */
export function redactorOf(...values: string[]): (text: string) => string {
  const redactor = createRedactor();
  for (const value of values) redactor.add(value);
  return (text) => redactor.redact(text);
}

/** Arbitrary values that a redactor searches for. */
export const secretValue = fc
  .oneof(
    fc.string({ minLength: 6, maxLength: 80 }),
    fc.string({ minLength: 6, maxLength: 40, unit: anyCharacter }),
    fc.string({ minLength: 6, maxLength: 40, unit: 'grapheme' }),
    fc.stringMatching(/^[!-~]{6,64}$/),
    fc.stringMatching(/^["'\\&<>%+/= ]{6,12}$/),
  )
  .map((text) => text.toWellFormed().trim())
  .filter((text) => text.length >= 6);

// Encodings as other programs write them, not taken from the code under test.

export function json(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

export function xml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}

/** As Python's `json` does by default. */
export function asciiJson(text: string): string {
  return json(text).replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
