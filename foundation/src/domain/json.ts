/** A JSON object, or one that becomes JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** Whether a value of JSON is an object: no array, and not null. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The value of a JSON text; undefined for any other text. The parser's error is dropped, since it
 * quotes the text.
 */
export function tryParseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
