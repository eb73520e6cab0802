/*
 * Every encoding with which the program's own code writes a value into something else. The redactor
 * is tested with each of them, and a test fails when the sources contain another.
 */

/** For XML and HTML, in text and in attributes. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export const ENCODINGS = {
  JSON: (value: string) => JSON.stringify(value).slice(1, -1),
  XML: escapeXml,
  'a part of a URL': (value: string) => encodeURIComponent(value),
  'a form': (value: string) => new URLSearchParams([['', value]]).toString().slice(1),
  base64: (value: string) => Buffer.from(value).toString('base64'),
  base64url: (value: string) => Buffer.from(value).toString('base64url'),
  'JSON in base64url': (value: string) =>
    Buffer.from(JSON.stringify({ value })).toString('base64url'),
} as const;
