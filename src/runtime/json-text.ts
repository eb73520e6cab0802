/**
 * JSON of values that are looked at before they are written: made once. A value must not change from the first to the
 * second.
 */
const made = new WeakMap<object, string>();

/** The JSON of a value that is to be written later. */
export function previewJson(value: object): string {
  const text = JSON.stringify(value);
  made.set(value, text);
  return text;
}

/** The JSON of a value, for the last time. */
export function takeJson(value: object): string {
  const text = made.get(value);
  if (text === undefined) return JSON.stringify(value);
  made.delete(value);
  return text;
}
