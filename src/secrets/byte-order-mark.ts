/** A byte order mark at the start, which some editors write, is not part of a secret. */
export function withoutByteOrderMark(text: string): string {
  return text.replace(/^\ufeff/, '');
}
