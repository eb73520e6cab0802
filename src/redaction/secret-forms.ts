import { escapeXml } from './encodings.ts';

/** Shorter values would match everywhere; only whole JSON strings are compared with them. */
export const MIN_LENGTH = 6;
/** Lines of a value (a PEM key) of at least this length are searched for on their own. */
const MIN_LINE = 12;

/**
 * The forms in which a program can write a whole value: unchanged; escaped for JSON (once, twice,
 * ASCII only), URLs and forms; in base64 and base64url at each alignment, also after escaping for
 * JSON or XML; in hex. For a value of several lines, each long line too. decodedViews handles
 * encodings of single characters, which can be mixed.
 */
export function secretForms(value: string): string[] {
  const whole = value.toWellFormed();
  const lines = whole
    .split(/\r\n|\r|\n|\\r\\n|\\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= MIN_LINE);
  const forms = new Set([whole, whole.trim(), ...lines].flatMap(formsOf));
  return [...forms].filter((form) => form.length >= MIN_LENGTH);
}

function formsOf(value: string): string[] {
  if (value.length < MIN_LENGTH) return [];
  const escaped = [value, ...urlForms(value)];
  const encoded = new Set([
    value,
    json(value),
    ascii(json(value)),
    escapeXml(value),
    ...markupForms(value),
  ]);
  return [...escaped.flatMap(jsonForms), ...hexForms(value), ...[...encoded].flatMap(base64Forms)];
}

/**
 * The text itself, and escaped for a JSON string once and twice; with and without escapes for `/`
 * and for non-ASCII text.
 */
function jsonForms(text: string): string[] {
  // Quotes can be encoded differently before the rest is escaped.
  const unquoted = text.split('"').map(json).join('"');
  const once = new Set([
    json(text),
    unquoted,
    ascii(json(text)),
    json(text).replaceAll('/', '\\/'),
    ascii(json(text)).replaceAll('/', '\\/'),
  ]);
  return [text, ...once, ...[...once].map(json)];
}

function json(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function ascii(text: string): string {
  return text.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function urlForms(value: string): string[] {
  const component = encodeURIComponent(value);
  const strict = component.replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const form = new URLSearchParams([['', value]]).toString().slice(1);
  const path = encodeURI(value);
  const upper = [component, strict, form, path, form.replaceAll('+', '%20')];
  return [
    ...upper,
    ...upper.map((text) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())),
  ];
}

/** The usual escapes of text nodes and attributes. */
function markupForms(value: string): string[] {
  const node = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const doubled = node.replaceAll('"', '&quot;');
  return [
    node,
    doubled,
    ...['&apos;', '&#39;', '&#x27;'].map((quote) => doubled.replaceAll("'", quote)),
  ];
}

function hexForms(value: string): string[] {
  const hex = Buffer.from(value).toString('hex');
  return [hex, hex.toUpperCase()];
}

/**
 * The whole value, and the characters that stay the same when the value is part of something
 * longer.
 */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  const aligned = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return encoded.slice(
      Math.ceil((before * 8) / 6),
      Math.floor(((before + bytes.length) * 8) / 6),
    );
  });
  const standard = [
    bytes.toString('base64'),
    bytes.toString('base64').replace(/=+$/, ''),
    ...aligned,
  ];
  return standard.flatMap((text) => [
    text,
    text.replaceAll('+', '-').replaceAll('/', '_'),
    json(text).replaceAll('/', '\\/'),
    encodeURIComponent(text),
  ]);
}
