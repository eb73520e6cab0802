import { tryParseJson } from '../../foundation/src/domain/json.ts';
import { REPLACEMENT } from './replacement.ts';

/**
 * A JSON document with `redact` applied to every key and string, and to numbers as a whole.
 * Undefined for text that is not a JSON object or array.
 */
export function redactJson(text: string, redact: (text: string) => string): string | undefined {
  const document = /^\s*[[{]/.test(text) ? tryParseJson(text) : undefined;
  return document === undefined
    ? undefined
    : JSON.stringify(redactValue(document.value, redact)) + (text.endsWith('\n') ? '\n' : '');
}

function redactValue(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  // A number that only contains the digits of a secret stays a number.
  if (typeof value === 'number') return redact(`${value}`) === REPLACEMENT ? REPLACEMENT : value;
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [redact(key), redactValue(item, redact)]),
  );
}
