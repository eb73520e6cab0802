import { hash } from './random.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

/** `value` in base 62, padded with zeros to `width`. */
export function base62(value: number, width: number): string {
  let text = '';
  for (let rest = value; text.length < width; rest = Math.floor(rest / 62))
    text = (DIGITS[rest % 62] ?? '0') + text;
  return text;
}

/** A stable 15-character id: the prefix, then an instance part and a body derived from the key. */
export function idFor(prefix: string, key: string): string {
  return `${prefix}5g00${base62(hash(`${key}/a`), 4)}${base62(hash(`${key}/b`), 4)}`;
}

/** The id of row `index` of the object with this key prefix. */
export function recordId(prefix: string, index: number): string {
  return toLongId(`${prefix}5g000000${base62(index, 4)}`);
}

/** The row index of an id made by {@link recordId}, or -1 for any other id. */
export function recordIndex(id: string): number {
  const body = id.slice(11, 15);
  let value = 0;
  for (const character of body) value = value * 62 + DIGITS.indexOf(character);
  return id.slice(3, 11) === '5g000000' && body.length === 4 ? value : -1;
}

/**
 * Appends the three case-checksum characters that make a 15-character id safe to compare without
 * case.
 */
export function toLongId(id15: string): string {
  let suffix = '';
  for (let block = 0; block < 15; block += 5) {
    let bits = 0;
    for (let i = 0; i < 5; i++) if (/[A-Z]/.test(id15[block + i] ?? '')) bits |= 1 << i;
    suffix += CHECKSUM[bits] ?? '';
  }
  return id15 + suffix;
}

const ID = /^[a-zA-Z0-9]{15}(?:[A-Z0-5]{3})?$/;

export function isId(value: string): boolean {
  return ID.test(value);
}

/** Compares ids of 15 or 18 characters. */
export function sameId(a: string, b: string): boolean {
  return (
    a === b ||
    (a.length !== b.length && ID.test(a) && ID.test(b) && a.slice(0, 15) === b.slice(0, 15))
  );
}
