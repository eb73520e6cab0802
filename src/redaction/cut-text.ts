/** Shortens a text to a length that includes the mark of the cut. */
export type CutText = (text: string, length: number) => string;

/**
 * Cuts texts that can hold a secret: redacts first, because no redactor recognizes half of a secret
 * afterwards. A text that is short enough is returned unchanged, to be redacted later.
 */
export function createCutText(redact: (text: string) => string): CutText {
  return (text, length) => {
    if (text.length <= length) return text;
    const clean = redact(text);
    return clean.length <= length
      ? clean
      : `${clean.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`;
  };
}
